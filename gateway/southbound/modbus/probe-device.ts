import { AppError } from '#contract/errors.ts'
import { good, qualityCodes } from '#contract/quality.ts'
import type { ModbusDevice, ModbusPoint } from '#gateway/profiles/device.ts'
import type { Logger } from '#lib/logger.ts'
import type { Probed, ProbedPoint } from '../driver.ts'
import type { Bus } from './bus.ts'
import { valueReader } from './decode.ts'
import { decodeScaled } from './logical-device.ts'
import { isBitTable, planReads, type ReadablePoint, type ReadBlock, splitBlock } from './plan-reads.ts'
import { factorsOf, misfitOf } from './prepare-unit.ts'

export type ProbeContext = { readonly bus: Bus; readonly log: Logger; readonly signal: AbortSignal }
type Point = ModbusPoint & ReadablePoint

/**
 * Reads every point once, those too that wait for somebody to confirm them, raw beside decoded. A register that the device
 * refuses costs its own points only; a device that does not answer at all rejects with DEVICE_TIMEOUT.
 */
export async function probeDevice(device: ModbusDevice, context: ProbeContext): Promise<Probed> {
  const { bus, log, signal } = context
  const asked = { bus, unit: device.address, log }
  const misfit = await misfitOf(asked, device)
  const factors = await factorsOf(asked, device)
  const shown = device.points.map(({ hidden: _, ...point }) => point)
  const queue: ReadBlock<Point>[] = planReads(shown, device.address)
  const points: ProbedPoint[] = []
  for (let block = queue.shift(); block !== undefined; block = queue.shift()) {
    if (signal.aborted) throw new AppError('DEVICE_TIMEOUT', `${device.id}: given up while it was read`)
    try {
      const answer = await bus.read(device.address, block)
      points.push(...block.points.map((point) => probed(point, { block, answer, factors })))
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'DEVICE_REFUSED') throw error
      const parts = splitBlock(block, device.address.limits)
      queue.unshift(...parts)
      if (parts.length === 0) points.push(...block.points.map((point) => refused(point, error)))
    }
  }
  const order = new Map(device.points.map(({ id }, i) => [id, i]))
  points.sort((a, b) => (order.get(a.point) ?? 0) - (order.get(b.point) ?? 0))
  return { points, identity: identityOf(device, misfit) }
}

function identityOf(device: ModbusDevice, misfit: Awaited<ReturnType<typeof misfitOf>>) {
  if (misfit === undefined) {
    const text =
      device.address.identify.length === 0 ? 'the profile has nothing to tell it by' : 'as the profile says'
    return { fits: true, text }
  }
  return { fits: false, ...misfit }
}

type Answer = {
  readonly block: ReadBlock<Point>
  readonly answer: Buffer
  readonly factors: ReadonlyMap<string, number>
}

function probed(point: Point, { block, answer, factors }: Answer): ProbedPoint {
  const decoded = decodeScaled(valueReader(point.from, block.addr)(answer), point, factors)
  const raw = rawText(point, answer, block.addr)
  if (decoded.quality === good) return { point: point.id, raw, ...decoded }
  const isScaleUnknown = point.scaleFrom !== undefined && !factors.has(point.id)
  return {
    point: point.id,
    raw,
    ...decoded,
    reason: isScaleUnknown ? 'its scale is not known' : reasonOf(decoded.quality),
  }
}

/** `0x4366 0x3333`; a bit as 0 or 1. */
function rawText({ from }: Point, answer: Buffer, start: number): string {
  if (isBitTable(from.table)) return String(Number(valueReader(from, start)(answer)))
  const words = Array.from({ length: from.count }, (_, i) => answer.readUInt16BE((from.addr - start + i) * 2))
  return words.map((word) => `0x${word.toString(16).padStart(4, '0')}`).join(' ')
}

function reasonOf(quality: number): string {
  return Object.entries(qualityCodes).find(([, code]) => code === quality)?.[0] ?? 'bad'
}

function refused({ id }: Point, error: AppError): ProbedPoint {
  return { point: id, value: null, quality: qualityCodes['bad:refused'], reason: error.message }
}
