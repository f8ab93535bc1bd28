import { AppError } from '#contract/errors.ts'
import type { Value } from '#contract/sample.ts'
import type { ModbusPoint, ModbusSource } from '#gateway/profiles/device.ts'
import { decodeValue } from '#gateway/profiles/pipeline-values.ts'
import type { Scalar } from '#gateway/profiles/point.ts'
import type { Clock } from '#lib/clock.ts'
import type { Reading, Written } from '../driver.ts'
import type { Bus, Unit } from './bus.ts'
import { valueReader } from './decode.ts'
import { encodeWrite } from './encode.ts'
import type { LogicalDevice } from './logical-device.ts'

/** First wait between two looks at what was written; doubles. */
const firstLookMs = 50
/** A ramp is sent in steps of this length. */
const rampStepMs = 1000

export type WriteContext = {
  readonly bus: Bus
  readonly unit: Unit
  readonly clock: Clock
  readonly signal: AbortSignal
}
type Shown = ModbusPoint & { readonly from: ModbusSource }

/**
 * Writes a canonical value and reads it back where the profile says how. A value that may move only so fast goes there in
 * steps; one that could not be verified is replaced by the profile's `on_fail`.
 */
export async function writePoint(
  owner: LogicalDevice,
  point: ModbusPoint,
  value: Value,
  context: WriteContext,
): Promise<Written> {
  const { device } = owner
  if (value === null) throw new AppError('VALUE_OUT_OF_RANGE', `${device.id}/${point.id}: no value to write`)
  requestFor(owner, point, value) // a value that cannot be sent moves nothing
  const shown = shownBy(owner, point)
  await ramp({ owner, point, shown }, value, context)
  await send(owner, point, { value, context })

  const readback = point.write?.readback
  if (readback === undefined || shown === undefined) return {}
  const written = await readBack(owner, shown, { ...readback, wanted: value }, context)
  const { onFail } = point.write ?? {}
  if (written.verified !== true && onFail !== undefined) await send(owner, point, { value: onFail, context })
  return written
}

type Sent = { readonly value: Scalar; readonly context: WriteContext }

async function send(owner: LogicalDevice, point: ModbusPoint, { value, context }: Sent): Promise<void> {
  await context.bus.write(context.unit, requestFor(owner, point, value))
}

function requestFor({ device }: LogicalDevice, point: ModbusPoint, value: Scalar) {
  const encoded = encodeWrite(point, value)
  if (!encoded.ok) throw new AppError('VALUE_OUT_OF_RANGE', `${device.id}/${point.id}: ${encoded.reason}`)
  return encoded.request
}

/** The point that shows what was written: the read-back's, else the point itself. */
function shownBy({ device }: LogicalDevice, point: ModbusPoint): Shown | undefined {
  const wanted = point.write?.readback?.point ?? point.id
  const shown = device.points.find(({ id }) => id === wanted)
  return shown?.from === undefined ? undefined : { ...shown, from: shown.from }
}

type Ramped = {
  readonly owner: LogicalDevice
  readonly point: ModbusPoint
  readonly shown: Shown | undefined
}

/** The steps on the way, without the last one. Where the value stands now is asked; unknown means no ramp. */
async function ramp({ owner, point, shown }: Ramped, wanted: Scalar, context: WriteContext): Promise<void> {
  const perStep = ((point.write?.rampMaxPerS ?? 0) * rampStepMs) / 1000
  if (perStep <= 0 || shown === undefined || typeof wanted !== 'number') return
  const now = (await look(owner, shown, context))?.value
  if (typeof now !== 'number') return
  for (let at = now; Math.abs(wanted - at) > perStep; ) {
    at += Math.sign(wanted - at) * perStep
    await send(owner, point, { value: at, context })
    await context.clock.sleep(rampStepMs, context.signal)
    if (context.signal.aborted) {
      throw new AppError('DEVICE_TIMEOUT', `${owner.device.id}/${point.id}: given up on the way, at ${at}`)
    }
  }
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
  { id, from, kind, steps }: Shown,
  { bus, unit, clock }: WriteContext,
): Promise<Reading | undefined> {
  try {
    const answer = await bus.read(unit, from, { urgent: true })
    const decoded = decodeValue(valueReader(from, from.addr)(answer), { kind, steps })
    return { device: owner.device.id, point: id, t: clock.now(), ...decoded }
  } catch {
    return undefined
  }
}

function agrees(seen: Value, wanted: Value, tolerance: number): boolean {
  if (typeof seen === 'number' && typeof wanted === 'number') return Math.abs(seen - wanted) <= tolerance
  return seen === wanted
}
