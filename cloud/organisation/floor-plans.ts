import { createHash } from 'node:crypto'
import type { Database } from '#cloud/state/database.ts'

export type PlanType = 'image/png' | 'image/jpeg'
export type FloorPlan = {
  readonly type: PlanType
  readonly content: Uint8Array
  /** SHA-256, hex. */
  readonly digest: string
}

/** A picture of pixels only: an SVG can carry a program. */
const signatures: Readonly<Record<PlanType, readonly number[]>> = {
  'image/png': [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  'image/jpeg': [0xff, 0xd8, 0xff],
}

/** What the bytes are, whatever they were called; `undefined` when they are no picture that is taken. Pure. */
export function pictureType(bytes: Uint8Array): PlanType | undefined {
  const types = Object.keys(signatures) as PlanType[]
  return types.find((type) => signatures[type].every((byte, index) => bytes[index] === byte))
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
    return row === undefined ? undefined : { ...row, type: row.type as PlanType }
  }

  async put(node: string, type: PlanType, content: Uint8Array): Promise<void> {
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
