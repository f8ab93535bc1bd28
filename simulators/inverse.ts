import type { Value } from '#contract/sample.ts'
import type { Step } from '#gateway/profiles/pipeline-values.ts'
import type { Scalar } from '#gateway/profiles/point.ts'

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
  return steps.toReversed().reduce<Scalar | undefined>(undo, value)
}

/** What a client meant by a raw value. */
export function toCanonical(raw: Scalar, steps: readonly Step[]): Value {
  const map = steps.find((step) => step.op === 'map')
  if (map !== undefined) return map.pairs.find(([sent]) => sent === raw)?.[1] ?? null
  if (steps.some((step) => step.op === 'transform' && step.name === 'bool_not'))
    return raw === false || raw === 0
  if (typeof raw !== 'number') return raw
  // Every step that is left is a straight line: two points of it give the rest.
  const at0 = toRaw(0, withoutRange(steps))
  const at1 = toRaw(1, withoutRange(steps))
  if (typeof at0 !== 'number' || typeof at1 !== 'number') return raw
  return (raw - at0) / (at1 - at0)
}

function undo(value: Scalar | undefined, step: Step): Scalar | undefined {
  if (value === undefined) return undefined
  switch (step.op) {
    case 'map':
      return step.pairs.find(([, canonical]) => canonical === value)?.[0]
    case 'linear':
      return ((Number(value) - step.add) * step.div) / step.mul
    case 'transform':
      return step.name === 'bool_not' ? value === false : (Number(value) / 100) * 254
    case 'missing':
    case 'valid':
    case 'round':
      return value
  }
}

function withoutRange(steps: readonly Step[]): readonly Step[] {
  return steps.filter((step) => step.op === 'linear' || step.op === 'transform')
}
