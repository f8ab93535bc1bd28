import { good, type QualityCode, qualityCodes } from '#contract/quality.ts'
import type { Value } from '#contract/sample.ts'
import type { PointKind, Scalar } from './point.ts'
import { type TransformName, transforms } from './transforms.ts'

/**
 * The one way from a raw value to a canonical one, the same for every protocol:
 * raw → missing → map → transform → scale → unit → valid → round. `resolve.ts` lists the steps in this order; every one
 * can be undone, so the same list encodes a write. Pure: no clock, no log, no throw.
 */
export type Step =
  | { readonly op: 'missing'; readonly values: readonly Scalar[] }
  | { readonly op: 'map'; readonly pairs: readonly (readonly [raw: Scalar, canonical: Scalar])[] }
  | { readonly op: 'transform'; readonly name: TransformName }
  /** `x * mul / div + add` */
  | { readonly op: 'linear'; readonly mul: number; readonly div: number; readonly add: number }
  | { readonly op: 'valid'; readonly min: number; readonly max: number }
  /** To whole multiples of `count / per`, as the nearest double: 230.2 and not 230.20000000000002. */
  | { readonly op: 'round'; readonly count: number; readonly per: number }

type Meaning = { readonly kind: PointKind; readonly steps: readonly Step[] }
export type DecodedValue = { readonly value: Value; readonly quality: QualityCode }
export type EncodedValue =
  | { readonly ok: true; readonly raw: Scalar }
  | { readonly ok: false; readonly reason: 'map' | 'range' | 'missing' | 'type' }

const missing = bad('bad:missing')
const unmapped = bad('bad:map')
const outOfRange = bad('bad:range')
const unreadable = bad('bad:decode')

/**
 * What `raw` means. Anything that is no value of the point's kind is bad with the reason, never a guess. `factor` is what
 * the device itself says its numbers are multiplied by.
 */
export function decodeValue(raw: unknown, { kind, steps }: Meaning, factor = 1): DecodedValue {
  if (raw === null || raw === undefined) return missing
  if (!isScalar(raw) || isNoNumber(raw)) return unreadable
  let value = raw
  // What says "no value" is a raw value, whatever the factor.
  let isScaled = factor === 1
  for (const step of steps) {
    if (!isScaled && step.op !== 'missing') {
      value = times(value, factor)
      isScaled = true
    }
    const next = forward(step, value)
    if (typeof next === 'object') return next
    value = next
  }
  if (!isScaled) value = times(value, factor)
  return fitsKind(value, kind) ? { value, quality: good } : unreadable
}

/** What has to be sent for `value` to be read back. Rounding is left to the encoder of the wire type. */
export function encodeValue(value: Scalar, { steps }: Meaning): EncodedValue {
  let raw = value
  for (const step of steps.toReversed()) {
    const next = backward(step, raw)
    if (typeof next === 'object') return next
    raw = next
  }
  return { ok: true, raw }
}

function times(value: Scalar, factor: number): Scalar {
  return typeof value === 'number' ? value * factor : value
}

function forward(step: Step, value: Scalar): Scalar | DecodedValue {
  switch (step.op) {
    case 'missing':
      return step.values.includes(value) ? missing : value
    case 'map':
      return step.pairs.find(([from]) => from === value)?.[1] ?? unmapped
    case 'transform':
      return transforms[step.name].decode(value) ?? unreadable
    case 'linear':
      return typeof value === 'number' ? (value * step.mul) / step.div + step.add : unreadable
    case 'valid':
      if (typeof value !== 'number') return unreadable
      return value >= step.min && value <= step.max ? value : outOfRange
    case 'round':
      if (typeof value !== 'number') return unreadable
      return (Math.round((value * step.per) / step.count) * step.count) / step.per + 0 // and no -0
  }
}

type Refused = Extract<EncodedValue, { ok: false }>

function backward(step: Step, value: Scalar): Scalar | Refused {
  switch (step.op) {
    case 'missing':
      return step.values.includes(value) ? refused('missing') : value
    case 'map':
      return step.pairs.find(([, canonical]) => canonical === value)?.[0] ?? refused('map')
    case 'transform':
      return transforms[step.name].encode(value) ?? refused('type')
    case 'linear':
      return typeof value === 'number' ? ((value - step.add) * step.div) / step.mul : refused('type')
    case 'valid':
      if (typeof value !== 'number') return refused('type')
      return value >= step.min && value <= step.max ? value : refused('range')
    case 'round':
      return value
  }
}

function fitsKind(value: Scalar, kind: PointKind): boolean {
  switch (kind) {
    case 'num':
    case 'counter':
      return typeof value === 'number' && Number.isFinite(value)
    case 'bool':
      return typeof value === 'boolean'
    case 'enum':
    case 'text':
      return typeof value === 'string'
    case 'event':
      return true
  }
}

/** Not-a-number and infinity are what a float register holds when there is nothing to measure. */
function isNoNumber(raw: Scalar): boolean {
  return typeof raw === 'number' && !Number.isFinite(raw)
}

function isScalar(raw: unknown): raw is Scalar {
  return typeof raw === 'number' || typeof raw === 'boolean' || typeof raw === 'string'
}

function bad(detail: keyof typeof qualityCodes): DecodedValue {
  return { value: null, quality: qualityCodes[detail] }
}

function refused(reason: Refused['reason']): Refused {
  return { ok: false, reason }
}
