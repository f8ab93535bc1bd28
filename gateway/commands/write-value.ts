import type { CommandResult } from '#contract/command.ts'
import { AppError, type ErrorCode } from '#contract/errors.ts'
import { qualityCodes } from '#contract/quality.ts'
import type { Sample, Value } from '#contract/sample.ts'
import type { ResolvedPoint } from '#gateway/profiles/device.ts'
import type { Written } from '#gateway/southbound/driver.ts'
import type { Clock } from '#lib/clock.ts'
import type { CommandTarget } from './command-handler.ts'
import { rampOf } from './ramp.ts'

export type Outcome = Omit<CommandResult, 'kind' | 'id' | 'point' | 'at'>

export type WriteContext = {
  /** `<device>` of the point. */
  readonly device: string
  readonly latest: (point: string) => Sample | undefined
  readonly clock: Clock
  /** For each value that is written, beside the time the profile allows for reading back. */
  readonly timeoutMs: number
  /** The gateway stops. */
  readonly stopping: AbortSignal
}

/** Where the write of a point is read back, by the profile: `<device>/<point>`. */
export function readBackPoint(device: string, { write }: ResolvedPoint): string | undefined {
  return write?.readback === undefined ? undefined : `${device}/${write.readback.point}`
}

/**
 * Writes a value, in steps where the profile limits how fast it may move, and the profile's fallback value when it could
 * not be verified. Ends within a known time, whatever the device says or does not say. Never rejects.
 */
export async function writeValue(
  target: CommandTarget,
  value: Value,
  context: WriteContext,
): Promise<Outcome> {
  const outcome = await attempt(target, value, context)
  const fallback = target.point.write?.onFail
  const isFine = outcome.state === 'done' && outcome.verified !== false
  if (isFine || fallback === undefined || fallback === value || context.stopping.aborted) return outcome
  const second = await attempt(target, fallback, context)
  const took = second.state === 'done' && second.verified !== false
  const shown = JSON.stringify(fallback)
  const what = took
    ? `its fallback ${shown} was written`
    : `its fallback ${shown} could not be written either`
  return {
    ...outcome,
    state: 'failed',
    code: outcome.code ?? 'DEVICE_REFUSED',
    message: `${outcome.message ?? 'the device does not hold the value'}; ${what}`.slice(0, 500),
  }
}

async function attempt(target: CommandTarget, value: Value, context: WriteContext): Promise<Outcome> {
  try {
    const { rampMaxPerS } = target.point.write ?? {}
    if (rampMaxPerS === undefined || typeof value !== 'number') {
      return { state: 'done', ...(await writeOnce(target, value, context)) }
    }
    return await moveSlowly(target, value, { ...context, maxPerS: rampMaxPerS })
  } catch (error) {
    const code: ErrorCode = error instanceof AppError ? error.code : 'INTERNAL'
    const message = String(error instanceof Error ? error.message : error).slice(0, 500)
    return { state: 'failed', code, message }
  }
}

async function moveSlowly(
  target: CommandTarget,
  to: number,
  context: WriteContext & { readonly maxPerS: number },
): Promise<Outcome> {
  const { clock, stopping, maxPerS } = context
  const { range } = target.point.write ?? {}
  const from = presentValue(target.point, context)
  const grid = range?.step === undefined ? {} : { grid: { origin: range.min, step: range.step } }
  let writtenAt = clock.monotonic()
  let written: Written = {}
  for (const { value, waitMs } of rampOf({ from, to, maxPerS, ...grid })) {
    const leftMs = writtenAt + waitMs - clock.monotonic()
    if (leftMs > 0) await clock.sleep(leftMs, stopping)
    if (stopping.aborted) throw new AppError('INTERNAL', `the gateway stopped on the way to ${to}`)
    writtenAt = clock.monotonic()
    written = await writeOnce(target, value, context)
    if (written.verified === false && value !== to) {
      const message = `the device did not follow to ${value} on the way to ${to}`
      return { state: 'failed', code: 'DEVICE_REFUSED', message, ...written }
    }
  }
  return { state: 'done', ...written }
}

/** Where a slow movement begins. From an unknown place it could only jump. */
function presentValue(point: ResolvedPoint, { device, latest }: WriteContext): number {
  const sample = latest(readBackPoint(device, point) ?? `${device}/${point.id}`)
  if (sample?.quality === qualityCodes.good && typeof sample.value === 'number') return sample.value
  throw new AppError(
    'COMMAND_INTERLOCKED',
    `${device}/${point.id} may move by ${point.write?.rampMaxPerS} a second only, and where it is now is not known`,
  )
}

async function writeOnce(
  { point, write }: CommandTarget,
  value: Value,
  { clock, timeoutMs, stopping }: WriteContext,
): Promise<Written> {
  const limitMs = timeoutMs + (point.write?.readback?.withinMs ?? 0)
  const deadline = new AbortController()
  const signal = AbortSignal.any([deadline.signal, stopping])
  const late = async (): Promise<never> => {
    await clock.sleep(limitMs, signal)
    if (stopping.aborted) throw new AppError('INTERNAL', 'the gateway stopped while the device was written')
    throw new AppError('DEVICE_TIMEOUT', `not confirmed within ${limitMs} ms`)
  }
  try {
    return await Promise.race([write(value, signal), late()])
  } finally {
    deadline.abort()
  }
}
