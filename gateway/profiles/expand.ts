import type { ParamValues } from './params.ts'
import type { Each } from './point.ts'
import type { Profile } from './profile.ts'

type Fields<P extends Profile> = P['points'][string]

/** What stands for `<n>` and, where the device counts differently, for `<i>`. */
export type Numbers = { readonly n: number; readonly i?: number }

/** One point of one device before its meaning is looked up. */
export type Expanded<F> = {
  readonly id: string
  /** The key in the profile: `voltage.l<n>`. */
  readonly template: string
  readonly fields: F
  readonly numbers?: Numbers
  /** How many steps after the first address it lies. */
  readonly index: number
}

/**
 * Repeats templates: `n` runs from `first` to `last` and addresses count from `first`, or `n` is each number of a
 * parameter and addresses count from 0. Events of a camera are points of their own. Pure.
 */
export function expandPoints<P extends Profile>(profile: P, params: ParamValues): Expanded<Fields<P>>[] {
  const points = { ...eventPoints(profile), ...profile.points } as Readonly<Record<string, Fields<P>>>
  return Object.entries(points).flatMap(([template, fields]) => {
    const { each } = fields
    if (each === undefined) return [{ id: template, template, fields, index: 0 }]
    return repeated(each, params).map(({ index, ...numbers }) => ({
      id: fill(template, numbers),
      template,
      fields,
      numbers,
      index,
    }))
  })
}

/** What the event map fills needs no entry under `points`, unless there is more to say about it. */
function eventPoints(profile: Profile): Record<string, never> {
  if (profile.protocol !== 'onvif') return {}
  const ids = profile.onvif.events.map(({ point }) => point).filter((id) => !id.includes('<'))
  return Object.fromEntries(ids.map((id) => [id, { from: { derived: 'event' } } as never]))
}

/** `<n>` and `<i>` in ids, topics, pointers and titles; the only text that is ever put together. */
export function fill(template: string, { n, i = n }: Numbers): string {
  return template.replaceAll('<n>', String(n)).replaceAll('<i>', String(i))
}

export type Repeated = Numbers & { readonly index: number }

export function repeated({ n, i }: Each, params: ParamValues): Repeated[] {
  return numbersOf(n, params).map(({ index, ...one }) => ({
    ...one,
    index,
    ...(i === undefined ? {} : { i: i.base + i.step * index }),
  }))
}

function numbersOf(n: Each['n'], params: ParamValues): { n: number; index: number }[] {
  if ('param' in n) {
    const set = params.get(n.param)
    return Array.isArray(set) ? set.map((one: number) => ({ n: one, index: one })) : []
  }
  // One more than a device may have, so that what asks for too many is seen.
  const length = Math.max(0, Math.min(n.last - n.first + 1, 513))
  return Array.from({ length }, (_, index) => ({ n: n.first + index, index }))
}
