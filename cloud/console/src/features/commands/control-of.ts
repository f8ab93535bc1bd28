import type { Point } from '#contract/api/points.ts'
import type { WritableAs } from '#contract/catalogue.ts'

/** How a point is set on the screen, by what its device takes. */
export type Control =
  | { readonly kind: 'switch' }
  | { readonly kind: 'buttons'; readonly values: readonly (boolean | number | string)[] }
  | { readonly kind: 'range'; readonly min: number; readonly max: number; readonly step: number }
  | { readonly kind: 'number'; readonly min?: number; readonly max?: number; readonly step?: number }
  | { readonly kind: 'list'; readonly options: readonly (number | string)[] }
  | { readonly kind: 'text' }

/** Pure. `isKnown`: the device's present value is known, so that a switch has a side. */
export function controlOf({ kind }: Pick<Point, 'kind'>, writable: WritableAs, isKnown: boolean): Control {
  const { values } = writable
  switch (kind) {
    case 'bool': {
      const taken = values ?? [true, false]
      return isKnown && taken.length === 2 ? { kind: 'switch' } : { kind: 'buttons', values: taken }
    }
    case 'num':
    case 'counter':
      return numberControl(writable)
    case 'enum':
    case 'text':
    case 'event':
      return listControl(writable) ?? { kind: 'text' }
  }
}

/** More than this on a slider cannot be met with a finger. */
const maxStops = 10_000

function numberControl(writable: WritableAs): Control {
  const { min, max, step } = writable
  const list = listControl(writable)
  if (list !== undefined) return list
  if (min !== undefined && max !== undefined && max > min) {
    const by = step ?? stepFor(max - min)
    if ((max - min) / by <= maxStops) return { kind: 'range', min, max, step: by }
  }
  return {
    kind: 'number',
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(step === undefined ? {} : { step }),
  }
}

function listControl({ options, values }: WritableAs): Control | undefined {
  if (options !== undefined) return { kind: 'list', options }
  const listed = values?.filter((value) => typeof value !== 'boolean')
  return listed === undefined || listed.length === 0 ? undefined : { kind: 'list', options: listed }
}

/** A power of ten that divides the range into a hundred or more. */
function stepFor(span: number): number {
  return 10 ** Math.min(0, Math.floor(Math.log10(span / 100)))
}
