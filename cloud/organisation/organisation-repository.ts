import { isDeepStrictEqual } from 'node:util'
import type { Database } from '#cloud/state/database.ts'
import type { TreeNodeRow } from '#cloud/state/tables.ts'
import { FloorPlans } from './floor-plans.ts'
import { type Inventory, type Organisation, type OrgNode, parentsFirst, ranks } from './organisation.ts'
import { pathsOf } from './paths.ts'

const columns = [
  'id',
  'kind',
  'parent',
  'position',
  'title_zh',
  'title_en',
  'school_code',
  'stages_json',
  'people',
  'area_m2',
  'floors',
  'level',
  'room_type',
  'footprint_json',
] as const satisfies readonly (keyof TreeNodeRow)[]

/** Rows per statement: few calls, and well below the number of values an engine takes at once. */
const portion = 200

/** The tree and what stands where. Works on a transaction as well as on the database. */
export class OrganisationRepository {
  readonly plans: FloorPlans
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
    this.plans = new FloorPlans(db)
  }

  async load(): Promise<Organisation> {
    const rows = await this.#db.selectFrom('tree_nodes').select(columns).orderBy('position').execute()
    const gateways = await this.#db
      .selectFrom('gateways')
      .select(['id', 'place'])
      .where('place', 'is not', null)
      .orderBy('id')
      .execute()
    const devices = await this.#db
      .selectFrom('devices')
      .select(['gateway', 'id', 'place'])
      .where('place', 'is not', null)
      .where('removed_at', 'is', null)
      .orderBy('gateway')
      .orderBy('id')
      .execute()
    return {
      nodes: parentsFirst(rows.map(nodeOf)),
      gateways: new Map(gateways.map(({ id, place }) => [id, place ?? ''])),
      devices: new Map(devices.map(({ gateway, id, place }) => [`${gateway}/${id}`, place ?? ''])),
    }
  }

  async gateways(): Promise<string[]> {
    const rows = await this.#db.selectFrom('gateways').select('id').orderBy('id').execute()
    return rows.map(({ id }) => id)
  }

  async inventory(): Promise<Inventory> {
    const devices = await this.#db
      .selectFrom('devices')
      .select(['gateway', 'id', 'category'])
      .where('removed_at', 'is', null)
      .execute()
    return {
      gateways: new Set(await this.gateways()),
      devices: new Map(devices.map(({ gateway, id, category }) => [`${gateway}/${id}`, category])),
    }
  }

  /** Writes what differs. Call it on a transaction. */
  async save(before: Organisation, after: Organisation): Promise<void> {
    await this.#putNodes(before.nodes, after.nodes)
    await this.#putGateways(before.gateways, after.gateways)
    await this.#putDevices(before.devices, after.devices)
    await this.#deleteNodes(before.nodes, after.nodes)
    await this.#putPaths(before.nodes, after.nodes)
  }

  async #putNodes(before: readonly OrgNode[], after: readonly OrgNode[]): Promise<void> {
    const [oldRanks, newRanks] = [ranks(before), ranks(after)]
    const old = new Map(before.map((node) => [node.id, node]))
    const isSame = (node: OrgNode): boolean => {
      const was = old.get(node.id)
      return oldRanks.get(node.id) === newRanks.get(node.id) && (was === node || isDeepStrictEqual(was, node))
    }
    const changed = parentsFirst(after).filter((node) => !isSame(node))
    for (let i = 0; i < changed.length; i += portion) {
      const rows = changed.slice(i, i + portion).map((node) => rowOf(node, newRanks.get(node.id) ?? 0))
      await this.#db
        .insertInto('tree_nodes')
        .values(rows)
        .onConflict((conflict) =>
          conflict.column('id').doUpdateSet(({ ref }) => ({
            kind: ref('excluded.kind'),
            parent: ref('excluded.parent'),
            position: ref('excluded.position'),
            title_zh: ref('excluded.title_zh'),
            title_en: ref('excluded.title_en'),
            school_code: ref('excluded.school_code'),
            stages_json: ref('excluded.stages_json'),
            people: ref('excluded.people'),
            area_m2: ref('excluded.area_m2'),
            floors: ref('excluded.floors'),
            level: ref('excluded.level'),
            room_type: ref('excluded.room_type'),
            footprint_json: ref('excluded.footprint_json'),
          })),
        )
        .execute()
    }
  }

  async #putGateways(before: Organisation['gateways'], after: Organisation['gateways']): Promise<void> {
    for (const [id, place] of differences(before, after))
      await this.#db.updateTable('gateways').set({ place }).where('id', '=', id).execute()
  }

  async #putDevices(before: Organisation['devices'], after: Organisation['devices']): Promise<void> {
    for (const [key, place] of differences(before, after)) {
      const [gateway = '', id = ''] = key.split('/')
      await this.#db
        .updateTable('devices')
        .set({ place })
        .where('gateway', '=', gateway)
        .where('id', '=', id)
        .execute()
    }
  }

  async #putPaths(before: readonly OrgNode[], after: readonly OrgNode[]): Promise<void> {
    const [old, wanted] = [before, after].map(
      (nodes) => new Map(pathsOf(nodes).map((path) => [path.join('/'), path])),
    )
    const gone = [...(old ?? [])].flatMap(([key, path]) => (wanted?.has(key) ? [] : [path]))
    const added = [...(wanted ?? [])].flatMap(([key, path]) => (old?.has(key) ? [] : [path]))
    for (const [ancestor, node] of gone) {
      await this.#db
        .deleteFrom('tree_paths')
        .where('ancestor', '=', ancestor)
        .where('node', '=', node)
        .execute()
    }
    for (let i = 0; i < added.length; i += portion) {
      const rows = added.slice(i, i + portion).map(([ancestor, node]) => ({ ancestor, node }))
      await this.#db.insertInto('tree_paths').values(rows).execute()
    }
  }

  /** Children first. A device that its gateway no longer reports keeps its place until the place is gone. */
  async #deleteNodes(before: readonly OrgNode[], after: readonly OrgNode[]): Promise<void> {
    const stay = new Set(after.map(({ id }) => id))
    const gone = parentsFirst(before)
      .map(({ id }) => id)
      .filter((id) => !stay.has(id))
    for (const id of gone.toReversed()) {
      await this.#db.updateTable('devices').set({ place: null }).where('place', '=', id).execute()
      await this.plans.delete(id)
      await this.#db.deleteFrom('tree_nodes').where('id', '=', id).execute()
    }
  }
}

/** What stands elsewhere now; `null` is nowhere. */
function differences(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): [string, string | null][] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((id) => before.get(id) !== after.get(id))
    .map((id) => [id, after.get(id) ?? null])
}

function nodeOf(row: TreeNodeRow): OrgNode {
  const present = {
    parent: row.parent,
    schoolCode: row.school_code,
    stages: row.stages_json === null ? null : (JSON.parse(row.stages_json) as unknown),
    people: row.people,
    areaM2: row.area_m2,
    floors: row.floors,
    level: row.level,
    roomType: row.room_type,
    footprint: row.footprint_json === null ? null : (JSON.parse(row.footprint_json) as unknown),
  }
  // Only what the judge let pass is ever written.
  return {
    id: row.id,
    kind: row.kind,
    title: {
      ...(row.title_zh === null ? {} : { zh: row.title_zh }),
      ...(row.title_en === null ? {} : { en: row.title_en }),
    },
    ...Object.fromEntries(Object.entries(present).filter(([, value]) => value !== null)),
  } as OrgNode
}

function rowOf(node: OrgNode, position: number): TreeNodeRow {
  const { id, kind, title, stages, footprint } = node
  return {
    id,
    kind,
    position,
    parent: node.parent ?? null,
    title_zh: title.zh ?? null,
    title_en: title.en ?? null,
    school_code: node.schoolCode ?? null,
    stages_json: stages === undefined ? null : JSON.stringify(stages),
    people: node.people ?? null,
    area_m2: node.areaM2 ?? null,
    floors: node.floors ?? null,
    level: node.level ?? null,
    room_type: node.roomType ?? null,
    footprint_json: footprint === undefined ? null : JSON.stringify(footprint),
  }
}
