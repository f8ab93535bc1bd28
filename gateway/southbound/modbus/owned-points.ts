import type { ModbusPoint, ModbusSource } from '#gateway/profiles/device.ts'
import { type ValueReader, valueReader } from './decode.ts'
import type { LogicalDevice } from './logical-device.ts'
import { planReads, type ReadBlock, type ReadRules } from './plan-reads.ts'

/** A point and the device it belongs to: one unit may hold the points of many devices. */
export type OwnedPoint = ModbusPoint & { readonly from: ModbusSource; readonly owner: LogicalDevice }

/** A read and, for each device it serves, how its points are taken out of the answer. */
export type OwnedBlock = ReadBlock<OwnedPoint> & { readonly parts: readonly Part[] }
export type Part = { readonly owner: LogicalDevice; readonly readers: readonly PointReader[] }
export type PointReader = { readonly point: OwnedPoint; readonly read: ValueReader }

/** The plan belongs to the physical unit: what several devices want of it is read once. */
export function planUnit(devices: readonly LogicalDevice[], rules: ReadRules): OwnedBlock[] {
  const points = devices.flatMap((owner) => owner.device.points.map((point) => ({ ...point, owner })))
  return planReads(points, rules).map(withReaders)
}

export function withReaders(block: ReadBlock<OwnedPoint>): OwnedBlock {
  const parts = [...Map.groupBy(block.points, ({ owner }) => owner)].map(([owner, points]) => ({
    owner,
    readers: points.map((point) => ({ point, read: valueReader(point.from, block.addr) })),
  }))
  return { ...block, parts }
}
