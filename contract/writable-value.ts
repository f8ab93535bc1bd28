import type { CataloguePoint, WritableAs } from './catalogue.ts'
import type { Value } from './sample.ts'

/** What a point takes: cloud and gateway judge by the same words. */
export type Takes = Pick<WritableAs, 'min' | 'max' | 'step' | 'options' | 'values'> & {
  readonly kind: CataloguePoint['kind']
  readonly unit: string
}

/** What `value` should have been, in words such as `0 to 100 %`; `undefined` when it is good. Pure. */
export function expectedInstead(takes: Takes, value: Value): string | undefined {
  const { options, values } = takes
  const type = typeOf(takes.kind)
  if (typeof value !== type || (typeof value === 'number' && !Number.isFinite(value))) return `a ${type}`
  if (options !== undefined && !options.includes(String(value))) return `one of ${options.join(', ')}`
  if (values !== undefined && !values.some((one) => one === value)) {
    return `one of ${values.map((one) => JSON.stringify(one)).join(', ')}`
  }
  return typeof value === 'number' ? expectedNumber(takes, value) : undefined
}

function expectedNumber({ min, max, step, unit }: Takes, value: number): string | undefined {
  if (value < (min ?? Number.NEGATIVE_INFINITY) || value > (max ?? Number.POSITIVE_INFINITY)) {
    return `${min ?? '−∞'} to ${max ?? '∞'} ${unit}`
  }
  const isOff = step !== undefined && !isStep(value - (min ?? 0), step)
  return isOff ? `steps of ${step} from ${min ?? 0}` : undefined
}

function typeOf(kind: Takes['kind']): 'number' | 'boolean' | 'string' {
  switch (kind) {
    case 'bool':
      return 'boolean'
    case 'num':
    case 'counter':
      return 'number'
    case 'enum':
    case 'text':
    case 'event':
      return 'string'
  }
}

/** 0.1 + 0.2 is a multiple of 0.1 for a person. */
function isStep(distance: number, step: number): boolean {
  const steps = distance / step
  return Math.abs(steps - Math.round(steps)) < 1e-6
}
