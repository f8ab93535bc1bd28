import { AppError } from '#contract/errors.ts'
import type { Value } from '#contract/sample.ts'
import type { ModbusPoint, ModbusSource } from '#gateway/profiles/device.ts'
import type { Clock } from '#lib/clock.ts'
import type { Reading, Written } from '../driver.ts'
import type { Bus, Unit } from './bus.ts'
import { valueReader } from './decode.ts'
import { encodeWrite } from './encode.ts'
import { decodeScaled, type LogicalDevice } from './logical-device.ts'

/** First wait between two looks at what was written; doubles. */
const firstLookMs = 50

export type WriteContext = {
  readonly bus: Bus
  readonly unit: Unit
  readonly clock: Clock
  readonly signal: AbortSignal
}
type Shown = ModbusPoint & { readonly from: ModbusSource }

/** Writes a canonical value and reads it back where the profile says how. */
export async function writePoint(
  owner: LogicalDevice,
  point: ModbusPoint,
  value: Value,
  context: WriteContext,
): Promise<Written> {
  const { device } = owner
  if (value === null) throw new AppError('VALUE_OUT_OF_RANGE', `${device.id}/${point.id}: no value to write`)
  const encoded = encodeWrite(point, value)
  if (!encoded.ok) throw new AppError('VALUE_OUT_OF_RANGE', `${device.id}/${point.id}: ${encoded.reason}`)
  await context.bus.write(context.unit, encoded.request)

  const readback = point.write?.readback
  const shown = device.points.find(({ id }) => id === readback?.point)
  if (readback === undefined || shown?.from === undefined) return {}
  return await readBack(owner, { ...shown, from: shown.from }, { ...readback, wanted: value }, context)
}

type Expectation = { readonly wanted: Value; readonly withinMs: number; readonly tolerance: number }

/** Looks until the device shows the value or its time is up. What was seen last goes to the pipeline like any reading. */
async function readBack(
  owner: LogicalDevice,
  shown: Shown,
  { wanted, withinMs, tolerance }: Expectation,
  context: WriteContext,
): Promise<Written> {
  const { clock, signal } = context
  const deadline = clock.monotonic() + withinMs
  let seen: Reading | undefined
  for (let waitMs = firstLookMs; ; waitMs *= 2) {
    seen = (await look(owner, shown, context)) ?? seen
    if (seen !== undefined && agrees(seen.value, wanted, tolerance)) break
    if (signal.aborted || clock.monotonic() + waitMs > deadline) break
    await clock.sleep(waitMs, signal)
  }
  if (seen === undefined) return { verified: false }
  owner.report([seen])
  return { readBack: seen.value, verified: agrees(seen.value, wanted, tolerance) }
}

/** `undefined` when the device would not be asked: the write itself was confirmed, so this is no failure of it. */
async function look(
  owner: LogicalDevice,
  shown: Shown,
  { bus, unit, clock }: WriteContext,
): Promise<Reading | undefined> {
  try {
    const { id, from } = shown
    const answer = await bus.read(unit, from, { urgent: true })
    const decoded = decodeScaled(valueReader(from, from.addr)(answer), shown, owner.factors)
    return { device: owner.device.id, point: id, t: clock.now(), ...decoded }
  } catch {
    return undefined
  }
}

function agrees(seen: Value, wanted: Value, tolerance: number): boolean {
  if (typeof seen === 'number' && typeof wanted === 'number') return Math.abs(seen - wanted) <= tolerance
  return seen === wanted
}
