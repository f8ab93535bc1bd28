import { placeIn } from '#cloud/access/scope.ts'
import type { Database } from '#cloud/state/database.ts'
import type { GatewayRow } from '#cloud/state/tables.ts'
import type { Birth, Status } from '#contract/gateway-state.ts'
import type { LocalText } from '#contract/text.ts'

export type ProvisionedGateway = {
  readonly id: string
  readonly title: LocalText
  readonly tokenHash: string
}

export type GatewaySearch = {
  readonly limit: number
  readonly after?: string | undefined
  readonly nodes?: readonly string[] | undefined
}

const columns = [
  'id',
  'title_zh',
  'title_en',
  'connected',
  'connected_at',
  'last_seen_at',
  'epoch_started_at',
  'software',
  'runtime',
  'config_version',
  'catalogue_version',
  'clock_offset_ms',
  'status_json',
] as const

export type StoredGateway = Pick<GatewayRow, (typeof columns)[number]>

/** What the cloud knows of its gateways. Works on a transaction as well as on the database. */
export class GatewayRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** Makes these known, and only these may connect from now on. At a start nobody is connected yet. */
  async provision(gateways: readonly ProvisionedGateway[], now: number): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      await trx.updateTable('gateways').set({ connected: 0, token_hash: '' }).execute()
      for (const { id, title, tokenHash } of gateways) {
        const changing = { title_zh: title.zh ?? null, title_en: title.en ?? null, token_hash: tokenHash }
        await trx
          .insertInto('gateways')
          .values({ id, ...changing, created_at: now, connected: 0 })
          .onConflict((conflict) => conflict.column('id').doUpdateSet(changing))
          .execute()
      }
    })
  }

  /** With what it may sign in where it has no certificate: hashes of its token, and of the one that was taken from it. */
  async tokenHash(id: string): Promise<{ readonly good?: string; readonly refused?: string }> {
    const row = await this.#db
      .selectFrom('gateways')
      .select(['token_hash', 'refused_token_hash'])
      .where('id', '=', id)
      .executeTakeFirst()
    const refused = row?.refused_token_hash ?? undefined
    const good = row?.token_hash === refused ? '' : (row?.token_hash ?? '')
    return { ...(good === '' ? {} : { good }), ...(refused === undefined ? {} : { refused }) }
  }

  async connected(id: string, now: number): Promise<void> {
    await this.#update(id, { connected: 1, connected_at: now, last_seen_at: now })
  }

  async disconnected(id: string): Promise<void> {
    await this.#update(id, { connected: 0 })
  }

  async birth(id: string, birth: Birth, now: number): Promise<void> {
    await this.#update(id, {
      last_seen_at: now,
      epoch_started_at: birth.startedAt,
      software: birth.software,
      runtime: birth.runtime,
      config_version: birth.configVersion,
      clock_offset_ms: birth.at - now,
    })
  }

  async status(id: string, status: Status, now: number): Promise<void> {
    const clock_offset_ms = status.at - now
    await this.#update(id, { last_seen_at: now, clock_offset_ms, status_json: JSON.stringify(status) })
  }

  async catalogueVersion(id: string): Promise<string | undefined> {
    const row = await this.#db
      .selectFrom('gateways')
      .select('catalogue_version')
      .where('id', '=', id)
      .executeTakeFirst()
    return row?.catalogue_version ?? undefined
  }

  async setCatalogueVersion(id: string, version: string, now: number): Promise<void> {
    await this.#update(id, { catalogue_version: version, last_seen_at: now })
  }

  async byId(id: string): Promise<StoredGateway | undefined> {
    return this.#db.selectFrom('gateways').select(columns).where('id', '=', id).executeTakeFirst()
  }

  /** By id, after `after`; those that stand at one of `nodes` or below. */
  async list({ limit, after, nodes }: GatewaySearch): Promise<StoredGateway[]> {
    let query = this.#db.selectFrom('gateways').select(columns).orderBy('id').limit(limit)
    if (after !== undefined) query = query.where('id', '>', after)
    if (nodes !== undefined) query = query.where((eb) => placeIn(eb.ref('place'), nodes))
    return query.execute()
  }

  async #update(id: string, values: Partial<Omit<GatewayRow, 'id'>>): Promise<void> {
    await this.#db.updateTable('gateways').set(values).where('id', '=', id).execute()
  }
}
