import { sql } from 'kysely'
import type { Database } from '#cloud/state/database.ts'
import { cameraCategory } from '#contract/organisation.ts'
import type { StoredAlarm } from './stored-alarm.ts'

export type CameraLinks = ReadonlyMap<string, readonly string[]>
type About = Pick<StoredAlarm, 'gateway' | 'device'> & { readonly place: string | null }

/** As many as a wall shows beside one alarm. */
const maxCameras = 15

/** Ids of the cameras that may see what an alarm is about: those linked to its device, and those in its room, else on its floor. */
export async function camerasNear(db: Database, alarm: About, links: CameraLinks): Promise<string[]> {
  const linked = alarm.device === null ? [] : (links.get(`${alarm.gateway}/${alarm.device}`) ?? [])
  const near = alarm.place === null ? [] : await camerasAround(db, alarm.place)
  return [...new Set([...linked, ...near])].slice(0, maxCameras)
}

async function camerasAround(db: Database, place: string): Promise<string[]> {
  const around = await db
    .selectFrom('tree_paths as p')
    .innerJoin('tree_nodes as n', 'n.id', 'p.ancestor')
    .select(['n.id', 'n.kind'])
    .where('p.node', '=', place)
    .where('n.kind', 'in', ['room', 'floor'])
    .execute()
  for (const kind of ['room', 'floor']) {
    const node = around.find((one) => one.kind === kind)
    const cameras = node === undefined ? [] : await camerasBelow(db, node.id)
    if (cameras.length > 0) return cameras
  }
  return []
}

async function camerasBelow(db: Database, node: string): Promise<string[]> {
  const rows = await db
    .selectFrom('devices as d')
    .innerJoin('gateways as g', 'g.id', 'd.gateway')
    .select(['d.gateway', 'd.id'])
    .where('d.category', '=', cameraCategory)
    .where('d.removed_at', 'is', null)
    .where(
      sql<string>`coalesce(d.place, g.place)`,
      'in',
      db.selectFrom('tree_paths').select('node').where('ancestor', '=', node),
    )
    .orderBy('d.gateway')
    .orderBy('d.id')
    .limit(maxCameras)
    .execute()
  return rows.map(({ gateway, id }) => `${gateway}/${id}`)
}
