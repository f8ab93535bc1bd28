import type { Selectable } from 'kysely'
import type { Database } from '#cloud/state/database.ts'
import type { SessionRow } from '#cloud/state/tables.ts'

export type OpenSessionRow = Omit<Selectable<SessionRow>, 'token_hash' | 'user_id' | 'duty'>

/** Where one person is signed in. A live stream of an ended session says goodbye at its next look, within 15 s. */
export class OpenSessions {
  readonly #db: Database

  /** `db` may be a transaction. */
  constructor(db: Database) {
    this.#db = db
  }

  /** The one used last comes first. */
  async list(
    user: string,
    { now, idleMs }: { readonly now: number; readonly idleMs: number },
  ): Promise<OpenSessionRow[]> {
    return await this.#db
      .selectFrom('sessions')
      .select(['id', 'address', 'user_agent', 'created_at', 'last_seen_at', 'expires_at', 'provider'])
      .where('user_id', '=', user)
      .where('expires_at', '>', now)
      .where('last_seen_at', '>', now - idleMs)
      .orderBy('last_seen_at', 'desc')
      .orderBy('id')
      .execute()
  }

  async end(user: string, session: string): Promise<boolean> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('sessions')
      .where('user_id', '=', user)
      .where('id', '=', session)
      .executeTakeFirstOrThrow()
    return numDeletedRows > 0n
  }

  /** All of them, or all but one. Resolves with how many. */
  async endAll(user: string, except?: string): Promise<number> {
    let query = this.#db.deleteFrom('sessions').where('user_id', '=', user)
    if (except !== undefined) query = query.where('id', '<>', except)
    return Number((await query.executeTakeFirstOrThrow()).numDeletedRows)
  }
}
