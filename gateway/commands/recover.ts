import { qualityCodes } from '#contract/quality.ts'
import type { Sample, Value } from '#contract/sample.ts'
import type { ResolvedPoint } from '#gateway/profiles/device.ts'
import type { Clock } from '#lib/clock.ts'
import { type Outcome, readBackPoint } from './write-value.ts'

export type RecoverContext = {
  readonly device: string
  readonly latest: (point: string) => Sample | undefined
  readonly clock: Clock
  /** For the device to be there again, beside its own times. */
  readonly timeoutMs: number
  readonly stopping: AbortSignal
}

const lookEveryMs = 200
const longestMs = 120_000

/**
 * What became of a command that was begun when the process was killed. It is never repeated, which could switch something
 * twice: the device is looked at instead. `undefined` when we stop before it is known.
 */
export async function recover(
  point: ResolvedPoint | undefined,
  value: Value | undefined,
  context: RecoverContext,
): Promise<Outcome | undefined> {
  const shownBy = point === undefined ? undefined : readBackPoint(context.device, point)
  if (point === undefined || value === undefined || shownBy === undefined) return unknownOutcome
  const { withinMs = 0, tolerance = 0 } = point.write?.readback ?? {}
  const waitMs = Math.min(longestMs, context.timeoutMs + withinMs + 2 * (point.pollMs ?? 0))
  return await lookUntil({ shownBy, value, tolerance, waitMs }, context)
}

type Look = {
  readonly shownBy: string
  readonly value: Value
  readonly tolerance: number
  readonly waitMs: number
}

async function lookUntil(
  { shownBy, value, tolerance, waitMs }: Look,
  { latest, clock, stopping }: RecoverContext,
): Promise<Outcome | undefined> {
  const deadline = clock.monotonic() + waitMs
  for (;;) {
    const sample = latest(shownBy)
    const shown = sample?.quality === qualityCodes.good ? sample.value : null
    if (agrees(shown, value, tolerance)) return heldAfterwards(shown)
    if (stopping.aborted) return undefined
    if (clock.monotonic() >= deadline) return shown === null ? unknownOutcome : otherAfterwards(shown)
    await clock.sleep(lookEveryMs, stopping)
  }
}

function heldAfterwards(readBack: Value): Outcome {
  const message = 'the gateway restarted while this was carried out; afterwards the device held the value'
  return { state: 'done', readBack, verified: true, message }
}

function otherAfterwards(readBack: Value): Outcome {
  const message = 'the gateway restarted while this was carried out; the device shows another value'
  return { state: 'failed', code: 'INTERNAL', readBack, verified: false, message }
}

function agrees(shown: Value, wanted: Value, tolerance: number): boolean {
  if (typeof shown === 'number' && typeof wanted === 'number') return Math.abs(shown - wanted) <= tolerance
  return shown !== null && shown === wanted
}

/** The gateway was killed between the write and its answer, and the device cannot be asked. */
export const unknownOutcome: Outcome = {
  state: 'failed',
  code: 'INTERNAL',
  message: 'the gateway restarted while this command was carried out; whether it took effect is not known',
}
