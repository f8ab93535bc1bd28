import { badRequest } from '#cloud/http/bad-request.ts'
import type { ChangeAudit } from '#cloud/state/change-audit.ts'
import type { Database } from '#cloud/state/database.ts'
import type { DataPointPatch } from '#contract/api/data-catalogue.ts'
import { AppError } from '#contract/errors.ts'
import { DataRepository, type PointKey } from './data-repository.ts'
import { standings } from './sources.ts'

/**
 * Writes what a person says of a point. Where it becomes the primary source of its room, the others that were it are none any
 * more, in the same transaction; the audit row says which.
 */
export async function patchPoint(
  db: Database,
  key: PointKey,
  patch: DataPointPatch,
  audit: ChangeAudit,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const data = new DataRepository(transaction)
    const row = await data.byKey(key)
    const point = `${key.gateway}/${key.device}/${key.id}`
    if (row === undefined) throw new AppError('NOT_FOUND', `there is no point ${point}`)
    if (typeof patch.owner === 'string') await requirePlace(transaction, patch.owner)
    const claims = await data.claims([row.own_place])
    const own = claims.find((claim) => claim.point === point)
    if (patch.primary !== undefined && own === undefined)
      throw badRequest([
        { path: 'body/primary', message: 'is for what describes a room, at a device that stands in one' },
      ])
    const rivals = standings(claims).get(point)?.rivals ?? []
    const before = { dataClass: row.data_class, owner: row.owner, primary: row.is_primary === 1 }
    const after = { ...before, ...patch }
    audit.note({
      target: point,
      before,
      after: patch.primary === true ? { ...after, insteadOf: rivals } : after,
    })
    if (patch.primary === true) for (const rival of rivals) await setPrimary(transaction, rival, 0)
    const entry = {
      data_class: after.dataClass,
      owner: after.owner,
      is_primary: Number(after.primary),
    }
    await transaction
      .insertInto('point_entries')
      .values({ gateway: key.gateway, device: key.device, point: key.id, ...entry })
      .onConflict((conflict) => conflict.columns(['gateway', 'device', 'point']).doUpdateSet(entry))
      .execute()
    await audit.write(transaction)
  })
}

async function requirePlace(db: Database, id: string): Promise<void> {
  const row = await db.selectFrom('tree_nodes').select('id').where('id', '=', id).executeTakeFirst()
  if (row === undefined) throw new AppError('NOT_FOUND', `there is no place ${id}`)
}

async function setPrimary(db: Database, point: string, is_primary: 0 | 1): Promise<void> {
  const { gateway, device, id } = pointKeyOf(point)
  await db
    .updateTable('point_entries')
    .set({ is_primary })
    .where('gateway', '=', gateway)
    .where('device', '=', device)
    .where('point', '=', id)
    .execute()
}

/** `<gateway>/<device>/<point>`, where the point may have a part in front. */
export function pointKeyOf(text: string): PointKey {
  const [gateway = '', device = '', ...rest] = text.split('/')
  return { gateway, device, id: rest.join('/') }
}
