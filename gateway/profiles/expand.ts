import type { ParamValues } from './params.ts'
import type { Profile } from './profile.ts'

type Fields<P extends Profile> = P['points'][string]

/** One point of one device before its meaning is looked up. */
export type Expanded<F> = {
  readonly id: string
  /** The key in the profile: `voltage.l<n>`. */
  readonly template: string
  readonly fields: F
  /** What stands for `<n>`, and how many steps after the first address it lies. */
  readonly n?: number
  readonly index: number
}

/**
 * Repeats templates: `n` runs from `first` to `last` and addresses count from `first`, or `n` is each number of a
 * parameter and addresses count from 0. Pure.
 */
export function expandPoints<P extends Profile>(profile: P, params: ParamValues): Expanded<Fields<P>>[] {
  return Object.entries(profile.points).flatMap(([template, fields]) => {
    const { each } = fields
    if (each === undefined) return [{ id: template, template, fields, index: 0 }]
    return numbersOf(each, params).map(({ n, index }) => ({
      id: fill(template, n),
      template,
      fields,
      n,
      index,
    }))
  })
}

export function fill(template: string, n: number): string {
  return template.replaceAll('<n>', String(n))
}

type Each = NonNullable<Profile['points'][string]['each']>

function numbersOf({ n }: Each, params: ParamValues): { n: number; index: number }[] {
  if ('param' in n) {
    const set = params.get(n.param)
    return Array.isArray(set) ? set.map((one: number) => ({ n: one, index: one })) : []
  }
  const length = Math.max(0, Math.min(n.last - n.first + 1, 512))
  return Array.from({ length }, (_, index) => ({ n: n.first + index, index }))
}
