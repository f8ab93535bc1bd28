import { createHash } from 'node:crypto'
import type { Database } from '#cloud/state/database.ts'
import type { PictureType } from '#lib/picture.ts'

export type FloorPlan = {
  readonly type: PictureType
  readonly content: Uint8Array
  /** SHA-256, hex. */
  readonly digest: string
}

/** The drawings of floors, in the state store: they are backed up with it and go with their floor. */
export class FloorPlans {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** Node → digest of its drawing. */
  async digests(): Promise<Map<string, string>> {
    const rows = await this.#db.selectFrom('floor_plans').select(['node', 'digest']).execute()
    return new Map(rows.map(({ node, digest }) => [node, digest]))
  }

  async byNode(node: string): Promise<FloorPlan | undefined> {
    const row = await this.#db
      .selectFrom('floor_plans')
      .select(['type', 'content', 'digest'])
      .where('node', '=', node)
      .executeTakeFirst()
    // Only types of the table above are ever written.
    return row === undefined ? undefined : { ...row, type: row.type as PictureType }
  }

  async put(node: string, type: PictureType, content: Uint8Array): Promise<void> {
    const digest = createHash('sha256').update(content).digest('hex')
    const values = { type, content, digest }
    await this.#db
      .insertInto('floor_plans')
      .values({ node, ...values })
      .onConflict((conflict) => conflict.column('node').doUpdateSet(values))
      .execute()
  }

  async delete(node: string): Promise<void> {
    await this.#db.deleteFrom('floor_plans').where('node', '=', node).execute()
  }
}
