import { AppError } from '#contract/errors.ts'
import type { Value } from '#contract/sample.ts'
import type { ModbusPoint, ModbusSource } from '#gateway/profiles/device.ts'
import { decodeValue } from '#gateway/profiles/pipeline-values.ts'
import type { Clock } from '#lib/clock.ts'
import type { Reading, Written } from '../driver.ts'
import type { Bus } from './bus.ts'
import { decodeRegisters } from './decode.ts'
import { encodeWrite } from './encode.ts'
import type { UnitState } from './unit-state.ts'

/** First wait between two looks at what was written; doubles. */
const firstLookMs = 50

export type WriteContext = { readonly bus: Bus; readonly clock: Clock; readonly signal: AbortSignal }

/** Writes a canonical value and reads it back where the profile says how. */
export async function writePoint(
  unit: UnitState,
  point: ModbusPoint,
  value: Value,
  context: WriteContext,
): Promise<Written> {
  const { device } = unit
  if (value === null) throw new AppError('VALUE_OUT_OF_RANGE', `${device.id}/${point.id}: no value to write`)
  const encoded = encodeWrite(point, value)
  if (!encoded.ok) throw new AppError('VALUE_OUT_OF_RANGE', `${device.id}/${point.id}: ${encoded.reason}`)
  await context.bus.write(addressOf(unit), encoded.request)
  unit.answered()

  const readback = point.write?.readback
  const shown = device.points.find(({ id }) => id === readback?.point)
  if (readback === undefined || shown?.from === undefined) return {}
  return await readBack(unit, { ...shown, from: shown.from }, { ...readback, wanted: value }, context)
}

type Expectation = { readonly wanted: Value; readonly withinMs: number; readonly tolerance: number }

/** Looks until the device shows the value or its time is up. What was seen last goes to the pipeline like any reading. */
async function readBack(
  unit: UnitState,
  point: ModbusPoint & { readonly from: ModbusSource },
  { wanted, withinMs, tolerance }: Expectation,
  { bus, clock, signal }: WriteContext,
): Promise<Written> {
  const deadline = clock.monotonic() + withinMs
  let seen: Reading | undefined
  for (let waitMs = firstLookMs; ; waitMs *= 2) {
    seen = (await look(unit, point, { bus, clock })) ?? seen
    if (seen !== undefined && agrees(seen.value, wanted, tolerance)) break
    if (signal.aborted || clock.monotonic() + waitMs > deadline) break
    await clock.sleep(waitMs, signal)
  }
  if (seen === undefined) return { verified: false }
  unit.report([seen])
  return { readBack: seen.value, verified: agrees(seen.value, wanted, tolerance) }
}

/** `undefined` when the device would not be asked: the write itself was confirmed, so this is no failure of it. */
async function look(
  unit: UnitState,
  { id, from, kind, steps }: ModbusPoint & { readonly from: ModbusSource },
  { bus, clock }: Pick<WriteContext, 'bus' | 'clock'>,
): Promise<Reading | undefined> {
  try {
    const cells = await bus.read(addressOf(unit), from, { urgent: true })
    const decoded = decodeValue(decodeRegisters(cells, from), { kind, steps })
    return { device: unit.device.id, point: id, t: clock.now(), ...decoded }
  } catch {
    return undefined
  }
}

function agrees(seen: Value, wanted: Value, tolerance: number): boolean {
  if (typeof seen === 'number' && typeof wanted === 'number') return Math.abs(seen - wanted) <= tolerance
  return seen === wanted
}

function addressOf({ device }: UnitState) {
  return { unit: device.address.unit, timing: device.address.timing }
}
