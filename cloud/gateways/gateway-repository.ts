import type { Database } from '#cloud/state/database.ts'
import type { GatewayRow } from '#cloud/state/tables.ts'
import type { LocalText } from '#contract/text.ts'

export type ProvisionedGateway = {
  readonly id: string
  readonly title: LocalText
  readonly tokenHash: string
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

/** What the cloud knows of its gateways; ingest writes what they say about themselves. */
export class GatewayRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** Makes those of the configuration known; at a start nobody is connected yet. */
  async provision(gateways: readonly ProvisionedGateway[], now: number): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      await trx.updateTable('gateways').set({ connected: 0 }).execute()
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

  async tokenHash(id: string): Promise<string | undefined> {
    const row = await this.#db
      .selectFrom('gateways')
      .select('token_hash')
      .where('id', '=', id)
      .executeTakeFirst()
    return row?.token_hash
  }

  async byId(id: string): Promise<StoredGateway | undefined> {
    return this.#db.selectFrom('gateways').select(columns).where('id', '=', id).executeTakeFirst()
  }

  /** By id, after `after`. */
  async list(limit: number, after?: string): Promise<StoredGateway[]> {
    let query = this.#db.selectFrom('gateways').select(columns).orderBy('id').limit(limit)
    if (after !== undefined) query = query.where('id', '>', after)
    return query.execute()
  }
}
