import { randomUUID } from 'node:crypto'
import type { Selectable } from 'kysely'
import type { Access } from '#cloud/access/access.ts'
import { placeIn } from '#cloud/access/scope.ts'
import { badRequest } from '#cloud/http/bad-request.ts'
import type { Session } from '#cloud/http/guard.ts'
import { instant, optionalInstant } from '#cloud/http/instants.ts'
import type { Database } from '#cloud/state/database.ts'
import type { ScreenRow } from '#cloud/state/tables.ts'
import type { NewScreen, Screen } from '#contract/api/screens.ts'
import { AppError } from '#contract/errors.ts'
import type { Clock } from '#lib/clock.ts'
import type { Changer } from './account-service.ts'
import { hashToken, newScreenToken } from './tokens.ts'

export type ScreenRowFound = Selectable<ScreenRow>
export type ScreenSearch = { readonly after?: readonly [number, string] | undefined; readonly limit: number }

const seenEveryMs = 60_000
/** It is revoked, it does not run out: nobody stands beside a wall to sign it in. */
const aheadMs = 365 * 86_400_000

/** Wall displays: each has a token of its own that looks at a place and below. */
export class ScreenService {
  readonly #db: Database
  readonly #clock: Clock

  constructor({ db, clock }: { readonly db: Database; readonly clock: Clock }) {
    this.#db = db
    this.#clock = clock
  }

  /** Newest first. */
  async list(access: Access, { after, limit }: ScreenSearch): Promise<ScreenRowFound[]> {
    const nodes = access.nodes('users.manage')
    let query = this.#db.selectFrom('screens').selectAll()
    if (nodes !== undefined) query = query.where((eb) => placeIn(eb.ref('node'), nodes))
    if (after !== undefined) {
      const [at, id] = after
      query = query.where((eb) =>
        eb.or([eb('created_at', '<', at), eb.and([eb('created_at', '=', at), eb('id', '>', id)])]),
      )
    }
    return await query.orderBy('created_at', 'desc').orderBy('id').limit(limit).execute()
  }

  /** Resolves with the token, which nobody can see again. */
  async create(
    { user, access, audit }: Changer,
    { title, node }: NewScreen,
  ): Promise<{ row: ScreenRowFound; token: string }> {
    const token = newScreenToken()
    const row: ScreenRowFound = {
      id: randomUUID(),
      token_hash: hashToken(token),
      title: title.trim(),
      node: node ?? '',
      created_by: user.displayName || user.username,
      created_at: this.#clock.now(),
      last_seen_at: null,
    }
    audit.note({ target: row.id, after: { title: row.title, node } })
    await this.#db.transaction().execute(async (trx) => {
      const isPlace =
        node === undefined ||
        (await trx.selectFrom('tree_nodes').select('id').where('id', '=', node).executeTakeFirst()) !==
          undefined
      const thing = node === undefined ? 'everything' : { node }
      if (!isPlace || (node !== undefined && !access.can('view', thing)))
        throw badRequest([{ path: 'body/node', message: 'is no place of the organisation' }])
      access.require('users.manage', thing)
      await trx.insertInto('screens').values(row).execute()
      await audit.write(trx)
    })
    return { row, token }
  }

  /** The display shows nothing from its next request on. */
  async delete({ access, audit }: Changer, id: string): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      const row = await trx.selectFrom('screens').selectAll().where('id', '=', id).executeTakeFirst()
      const thing = row?.node === '' ? 'everything' : { node: row?.node ?? '' }
      if (row === undefined || !access.can('users.manage', thing))
        throw new AppError('NOT_FOUND', `there is no screen ${id}`)
      audit.note({ before: { title: row.title, node: row.node } })
      await trx.deleteFrom('screens').where('id', '=', id).execute()
      await audit.write(trx)
    })
  }

  async find(token: string): Promise<Session | undefined> {
    const now = this.#clock.now()
    const row = await this.#db
      .selectFrom('screens')
      .selectAll()
      .where('token_hash', '=', hashToken(token))
      .executeTakeFirst()
    if (row === undefined) return undefined
    if (now - (row.last_seen_at ?? 0) >= seenEveryMs)
      await this.#db.updateTable('screens').set({ last_seen_at: now }).where('id', '=', row.id).execute()
    const grant = { role: 'screen' as const, ...(row.node === '' ? {} : { node: row.node }) }
    return {
      user: {
        id: `screen:${row.id}`,
        username: `screen:${row.id}`,
        displayName: row.title,
        role: 'screen',
        grants: [grant],
      },
      expiresAt: now + aheadMs,
      readOnly: true,
    }
  }
}

/** Pure. */
export function screenView(row: ScreenRowFound): Screen {
  return {
    id: row.id,
    title: row.title,
    ...(row.node === '' ? {} : { node: row.node }),
    createdBy: row.created_by,
    createdAt: instant(row.created_at),
    ...optionalInstant('lastSeenAt', row.last_seen_at),
  }
}
