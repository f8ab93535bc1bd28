import { conversion } from '#contract/units.ts'
import type { Meaning } from './meaning.ts'
import type { ParamValues } from './params.ts'
import type { Step } from './pipeline-values.ts'
import type { Profile } from './profile.ts'

type Fields = Profile['points'][string]

/** The decode steps of one point, in the language's fixed order; see `pipeline-values.ts`. Pure. */
export function stepsOf(fields: Fields, { unit, valid }: Meaning, params: ParamValues): Step[] {
  const range = fields.valid ?? valid
  return [
    ...some(fields.missing, (values): Step => ({ op: 'missing', values })),
    ...some(fields.map, (pairs): Step => ({ op: 'map', pairs: pairs as [never, never][] })),
    ...some(fields.transform, (name): Step => ({ op: 'transform', name })),
    ...linear(fields, params),
    ...some(fields.unit, (from) => conversion(from, unit)).flatMap(scaled),
    ...some(range, ([min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY]): Step => {
      return { op: 'valid', min, max }
    }),
    ...some(fields.round, roundTo),
  ]
}

function linear({ mul = 1, mul_by = [], div_by = [], add = 0, sign }: Fields, params: ParamValues): Step[] {
  const flip = sign === 'producer' ? -1 : 1
  return scaled({ mul: mul * product(mul_by, params) * flip, div: product(div_by, params), add })
}

function scaled(step: { mul: number; div: number; add: number }): Step[] {
  return step.mul === step.div && step.add === 0 ? [] : [{ op: 'linear', ...step }]
}

function product(names: readonly string[], params: ParamValues): number {
  return names.reduce((all, name) => all * Number(params.get(name) ?? 1), 1)
}

/** 0.05 as 5 hundredths, so that the result is the nearest double to the decimal number. */
function roundTo(resolution: number): Step {
  const decimals = Math.max(0, -Math.floor(Math.log10(resolution)) + 2)
  const per = 10 ** Math.min(decimals, 12)
  return { op: 'round', count: Math.round(resolution * per), per }
}

function some<T, R>(value: T | undefined, make: (value: T) => R | undefined): R[] {
  const made = value === undefined ? undefined : make(value)
  return made === undefined ? [] : [made]
}
