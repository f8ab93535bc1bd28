import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { placeIn } from '#cloud/access/scope.ts'
import { instant, optional } from '#cloud/http/instants.ts'
import type { ChangeAudit } from '#cloud/state/change-audit.ts'
import type { Database } from '#cloud/state/database.ts'
import type { UnknownDeviceRow } from '#cloud/state/tables.ts'
import type { UnknownDevice } from '#contract/api/assets.ts'
import { AppError } from '#contract/errors.ts'
import type { DeviceDraft, Question, ReplyBody } from '#contract/request.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { isThere, type Sighting, sightingsIn } from './sightings.ts'

export type UnknownSearch = {
  readonly gateway?: string | undefined
  /** Those that somebody said to ignore as well. */
  readonly ignored: boolean
  readonly after?: readonly [lastSeenAt: number, id: string] | undefined
  readonly limit: number
  /** Only of gateways that stand at one of these places or below. */
  readonly nodes?: readonly string[] | undefined
}
export type UnknownOptions = { readonly db: Database; readonly clock: Clock; readonly log: Logger }

/** Anybody in the network can announce what he likes: there is an end to what is kept of one gateway. */
const maxPerGateway = 2_000

/** What gateways saw and nobody registered. */
export class UnknownDevices {
  readonly #db: Database
  readonly #clock: Clock
  readonly #log: Logger

  constructor({ db, clock, log }: UnknownOptions) {
    this.#db = db
    this.#clock = clock
    this.#log = log
  }

  /** Takes from an answer of a gateway what it tells. Never throws and never waits: somebody else waits for that answer. */
  heard(gateway: string, question: Question, body: ReplyBody): void {
    this.take(gateway, question, body).catch((err: unknown) =>
      this.#log.error({ err, gateway }, 'unregistered devices not written down'),
    )
  }

  /** The same for whoever wants to know that it is written. */
  async take(gateway: string, question: Question, body: ReplyBody): Promise<void> {
    const { seen, registered } = sightingsIn(question, body, this.#clock.now())
    if (seen.length === 0 && registered.length === 0) return
    await this.#db.transaction().execute(async (transaction) => {
      const rows = await transaction
        .selectFrom('unknown_devices')
        .select(['id', 'protocol', 'key', 'last_seen_at', 'instance_json'])
        .where('gateway', '=', gateway)
        .execute()
      const gone = rows.filter(({ instance_json }) => {
        const instance = JSON.parse(instance_json) as DeviceDraft
        return registered.some((device) => isThere(instance, device))
      })
      for (const { id } of gone)
        await transaction.deleteFrom('unknown_devices').where('id', '=', id).execute()
      const known = new Map(rows.map((row) => [`${row.protocol} ${row.key}`, row]))
      let room = maxPerGateway - rows.length
      for (const one of seen) {
        const row = known.get(`${one.protocol} ${one.key}`)
        if (row === undefined && room-- <= 0) continue
        await keep(transaction, gateway, one, row)
      }
    })
  }

  /** The last seen first. A camera or a unit of a line that became a device by another way is none of them any more. */
  async search({ gateway, ignored, after, limit, nodes }: UnknownSearch): Promise<UnknownDeviceRow[]> {
    let query = this.#db
      .selectFrom('unknown_devices as u')
      .innerJoin('gateways as g', 'g.id', 'u.gateway')
      .selectAll('u')
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('devices as d')
              .select('d.id')
              .whereRef('d.gateway', '=', 'u.gateway')
              .whereRef('d.address', '=', 'u.address')
              .where('d.removed_at', 'is', null)
              .where('u.protocol', '!=', 'mqtt'),
          ),
        ),
      )
    if (gateway !== undefined) query = query.where('u.gateway', '=', gateway)
    if (!ignored) query = query.where('u.ignored_at', 'is', null)
    if (nodes !== undefined) query = query.where(placeIn(sql.ref('g.place'), nodes))
    if (after !== undefined) {
      const [at, id] = after
      query = query.where((eb) =>
        eb.or([eb('u.last_seen_at', '<', at), eb.and([eb('u.last_seen_at', '=', at), eb('u.id', '>', id)])]),
      )
    }
    return await query.orderBy('u.last_seen_at', 'desc').orderBy('u.id').limit(limit).execute()
  }

  async byId(id: string): Promise<UnknownDeviceRow | undefined> {
    return await this.#db.selectFrom('unknown_devices').selectAll().where('id', '=', id).executeTakeFirst()
  }

  /** With a reason it is ignored from now on, without one it is watched again. Throws AppError NOT_FOUND when it is gone. */
  async setIgnored(
    id: string,
    ignored: { readonly by: string; readonly reason: string } | undefined,
    audit: ChangeAudit,
  ): Promise<UnknownDeviceRow> {
    return await this.#db.transaction().execute(async (transaction) => {
      const before = await transaction
        .selectFrom('unknown_devices')
        .select(['gateway', 'name', 'key', 'ignore_reason'])
        .where('id', '=', id)
        .executeTakeFirst()
      if (before === undefined) throw new AppError('NOT_FOUND', `there is no unregistered device ${id}`)
      const { gateway, name, key, ignore_reason } = before
      const row = await transaction
        .updateTable('unknown_devices')
        .set({
          ignored_at: ignored === undefined ? null : this.#clock.now(),
          ignored_by: ignored?.by ?? null,
          ignore_reason: ignored?.reason ?? null,
        })
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirstOrThrow()
      audit.note({
        target: `${gateway}/${key}`,
        before: { name, reason: ignore_reason },
        after: { reason: ignored?.reason ?? null },
      })
      await audit.write(transaction)
      return row
    })
  }
}

export function unknownView(row: UnknownDeviceRow): UnknownDevice {
  const { id, gateway, protocol, source, name, ignored_at, ignored_by, ignore_reason } = row
  return {
    ...{ id, gateway, name },
    protocol: protocol as UnknownDevice['protocol'],
    source: source as UnknownDevice['source'],
    ...optional('model', row.model),
    ...optional('address', row.address),
    firstSeenAt: instant(row.first_seen_at),
    lastSeenAt: instant(row.last_seen_at),
    ...(ignored_at === null
      ? {}
      : { ignored: { at: instant(ignored_at), by: ignored_by ?? '', reason: ignore_reason ?? '' } }),
  }
}

type Known = Pick<UnknownDeviceRow, 'id' | 'last_seen_at'>

async function keep(db: Database, gateway: string, seen: Sighting, known: Known | undefined): Promise<void> {
  const { protocol, key, source, name, model = null, address = null, instance, seenAt } = seen
  const said = { source, name, model, address, instance_json: JSON.stringify(instance) }
  if (known === undefined) {
    await db
      .insertInto('unknown_devices')
      .values({
        ...{ id: randomUUID(), gateway, protocol, key, ...said },
        ...{ first_seen_at: seenAt, last_seen_at: seenAt },
      })
      .execute()
    return
  }
  await db
    .updateTable('unknown_devices')
    .set({ ...said, last_seen_at: Math.max(seenAt, known.last_seen_at) })
    .where('id', '=', known.id)
    .execute()
}
