import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Access, Thing } from '#cloud/access/access.ts'
import { placeIn } from '#cloud/access/scope.ts'
import { badRequest } from '#cloud/http/bad-request.ts'
import { instant, optional } from '#cloud/http/instants.ts'
import type { ChangeAudit } from '#cloud/state/change-audit.ts'
import type { Database } from '#cloud/state/database.ts'
import type { NotificationChannelRow } from '#cloud/state/tables.ts'
import type { ChannelDraft, LastDelivery, NotificationChannel } from '#contract/api/notifications.ts'
import { AppError } from '#contract/errors.ts'
import type { SharedChannel } from '#contract/notice.ts'
import type { Clock } from '#lib/clock.ts'
import type { AddressRules } from './channels/address-guard.ts'
import { channelProblems } from './check-channel.ts'
import { DeliveryLog } from './delivery-log.ts'

export type ChannelOptions = { readonly db: Database; readonly clock: Clock; readonly rules: AddressRules }
export type ChannelSearch = {
  readonly nodes: readonly string[] | undefined
  readonly after: readonly [createdAt: number, id: string] | undefined
  readonly limit: number
}
export type ChannelChange = { readonly access: Access; readonly audit: ChangeAudit }

/** Robots and webhooks of places. Who manages notifications at the place may see and change them; secrets nobody sees again. */
export class ChannelService {
  readonly #options: ChannelOptions

  constructor(options: ChannelOptions) {
    this.#options = options
  }

  async list({ nodes, after, limit }: ChannelSearch): Promise<NotificationChannel[]> {
    const { db } = this.#options
    let query = db.selectFrom('notification_channels').selectAll('notification_channels')
    if (nodes !== undefined) query = query.where(placeIn(sql.ref('notification_channels.node'), nodes))
    if (after !== undefined) {
      const [at, id] = after
      query = query.where((eb) =>
        eb.or([eb('created_at', '>', at), eb.and([eb('created_at', '=', at), eb('id', '>', id)])]),
      )
    }
    const rows = await query.orderBy('created_at').orderBy('id').limit(limit).execute()
    const last = await new DeliveryLog(db).lastOf(rows.map(({ id }) => id))
    return rows.map((row) => viewOf(row, last.get(row.id)))
  }

  async create(draft: ChannelDraft, { access, audit }: ChannelChange): Promise<NotificationChannel> {
    const { db, clock } = this.#options
    access.require('notifications.manage', thingOf(draft.node))
    const id = randomUUID()
    audit.note({ target: id, after: auditedOf(draft) })
    this.#check(draft, { hasToken: false, hasSecret: false })
    return db.transaction().execute(async (trx) => {
      await requireNode(trx, draft.node)
      const row = { id, created_at: clock.now(), ...columnsOf(draft, undefined) }
      await trx.insertInto('notification_channels').values(row).execute()
      await audit.write(trx)
      return viewOf(row, undefined)
    })
  }

  async change(
    id: string,
    draft: ChannelDraft,
    { access, audit }: ChannelChange,
  ): Promise<NotificationChannel> {
    return this.#options.db.transaction().execute(async (trx) => {
      const was = await this.#required(trx, id, access)
      access.require('notifications.manage', thingOf(draft.node))
      audit.note({ target: id, before: auditedOf(draftOf(was)), after: auditedOf(draft) })
      if (draft.kind !== was.kind)
        throw badRequest([{ path: 'body/kind', message: `stays ${was.kind}: make another one` }])
      this.#check(draft, { hasToken: was.token !== null, hasSecret: was.secret !== null })
      await requireNode(trx, draft.node)
      const columns = columnsOf(draft, was)
      await trx.updateTable('notification_channels').set(columns).where('id', '=', id).execute()
      await audit.write(trx)
      const last = await new DeliveryLog(trx).lastOf([id])
      return viewOf({ ...was, ...columns }, last.get(id))
    })
  }

  async remove(id: string, { access, audit }: ChannelChange): Promise<void> {
    await this.#options.db.transaction().execute(async (trx) => {
      const was = await this.#required(trx, id, access)
      audit.note({ target: id, before: auditedOf(draftOf(was)) })
      await trx.deleteFrom('notification_channels').where('id', '=', id).execute()
      await audit.write(trx)
    })
  }

  /** The place of a channel that the caller may manage. Throws AppError NOT_FOUND or FORBIDDEN otherwise. */
  async place(id: string, access: Access): Promise<string | undefined> {
    return (await this.#required(this.#options.db, id, access)).node ?? undefined
  }

  async #required(db: Database, id: string, access: Access): Promise<NotificationChannelRow> {
    const row = await db
      .selectFrom('notification_channels')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirst()
    if (row === undefined || !access.can('view', thingOf(row.node)))
      throw new AppError('NOT_FOUND', `there is no channel ${id}`)
    access.require('notifications.manage', thingOf(row.node))
    return row
  }

  #check(draft: ChannelDraft, known: Parameters<typeof channelProblems>[1]): void {
    const problems = channelProblems(draft, known, this.#options.rules)
    if (problems.length > 0) throw badRequest(problems)
  }
}

function thingOf(node: string | null): Thing {
  return node === null ? 'everything' : { node }
}

async function requireNode(db: Database, node: string | null): Promise<void> {
  if (node === null) return
  const row = await db.selectFrom('tree_nodes').select('id').where('id', '=', node).executeTakeFirst()
  if (row === undefined) throw badRequest([{ path: 'body/node', message: `there is no place ${node}` }])
}

type Columns = Omit<NotificationChannelRow, 'id' | 'created_at'>

/** What the draft does not say of secrets stays. */
function columnsOf(draft: ChannelDraft, was: NotificationChannelRow | undefined): Columns {
  const { node, kind, title, enabled, minPriority, language, mentions, url, token, secret } = draft
  return {
    ...{ node, kind, title, language, enabled: enabled ? 1 : 0, min_priority: minPriority },
    mentions_json: JSON.stringify(mentions),
    url: url ?? null,
    token: token ?? was?.token ?? null,
    secret: secret ?? was?.secret ?? null,
  }
}

function draftOf(row: NotificationChannelRow): ChannelDraft {
  const { node, title, mentions_json, url } = row
  return {
    ...{ node, title, enabled: row.enabled === 1, minPriority: row.min_priority },
    kind: row.kind as SharedChannel,
    language: row.language as ChannelDraft['language'],
    mentions: JSON.parse(mentions_json) as string[],
    ...optional('url', url),
  }
}

/** For the audit log: everything but secrets, and of an address what is no secret. */
function auditedOf({ token: _, secret: __, url, ...draft }: ChannelDraft) {
  return { ...draft, ...optional('url', shownUrl(url)) }
}

/** A query often holds a secret. */
function shownUrl(url: string | undefined): string | undefined {
  const parsed = url === undefined ? null : URL.parse(url)
  return parsed === null ? undefined : `${parsed.origin}${parsed.pathname}`
}

function viewOf(row: NotificationChannelRow, last: LastDelivery | undefined): NotificationChannel {
  const { url, ...draft } = draftOf(row)
  return {
    id: row.id,
    ...draft,
    ...optional('url', shownUrl(url)),
    hasToken: row.token !== null,
    hasSecret: row.secret !== null,
    createdAt: instant(row.created_at),
    ...optional('last', last),
  }
}
