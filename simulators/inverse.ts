import type { Value } from '#contract/sample.ts'
import type { Step } from '#gateway/profiles/pipeline-values.ts'
import type { Scalar } from '#gateway/profiles/point.ts'
import { inverseOf } from './inverse-transforms.ts'

/**
 * From what a point is worth to what the device would send for it, and back. Reads the profile's steps as data; shares
 * no code with the gateway, so that an error there shows as a difference.
 */

/** At the resolution of the device: what a perfect reader gets to see. */
export function asShown(value: Value, steps: readonly Step[]): Value {
  if (typeof value !== 'number') return value
  const round = steps.find((step) => step.op === 'round')
  if (round === undefined) return value
  return Number(((Math.round((value * round.per) / round.count) * round.count) / round.per).toPrecision(15))
}

/** `undefined` where the device has no way to say it. */
export function toRaw(value: Value, steps: readonly Step[]): Scalar | undefined {
  if (value === null) return steps.find((step) => step.op === 'missing')?.values[0]
  let raw: Scalar | undefined = value
  for (let i = steps.length - 1; i >= 0 && raw !== undefined; i--) {
    const step = steps[i]
    if (step !== undefined) raw = undo(raw, step)
  }
  return raw
}

/** What a client meant by a raw value. */
export function toCanonical(raw: Scalar, steps: readonly Step[]): Value {
  let value: Scalar | undefined = raw
  for (const step of steps) if (value !== undefined) value = apply(value, step)
  return value ?? null
}

function undo(value: Scalar, step: Step): Scalar | undefined {
  switch (step.op) {
    case 'map':
      return step.pairs.find(([, canonical]) => canonical === value)?.[0]
    case 'linear':
      return ((Number(value) - step.add) * step.div) / step.mul
    case 'transform':
      return inverseOf(step.name).raw(value)
    case 'missing':
    case 'valid':
    case 'round':
      return value
  }
}

function apply(value: Scalar, step: Step): Scalar | undefined {
  switch (step.op) {
    case 'map':
      return step.pairs.find(([raw]) => raw === value)?.[1]
    case 'linear':
      return Number(((Number(value) * step.mul) / step.div + step.add).toPrecision(15))
    case 'transform':
      return inverseOf(step.name).canonical(value)
    case 'missing':
    case 'valid':
    case 'round':
      return value
  }
}
