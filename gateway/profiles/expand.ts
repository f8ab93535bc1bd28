import type { ParamValues } from './params.ts'
import type { Each, EachNumber } from './point.ts'
import type { Profile } from './profile.ts'

type Fields<P extends Profile> = P['points'][string]

/** What stands for `<n>`, `<m>` and, where the device counts differently, for `<i>`. */
export type Numbers = { readonly n: number; readonly m?: number; readonly i?: number }

/** How many steps after the first address something lies, by variable. */
export type Steps = { readonly n: number; readonly m: number }

/** One point of one device before its meaning is looked up. */
export type Expanded<F> = {
  readonly id: string
  /** The key in the profile: `voltage.l<n>`. */
  readonly template: string
  readonly fields: F
  readonly numbers?: Numbers
  readonly steps: Steps
}

export const noSteps: Steps = { n: 0, m: 0 }

/**
 * Repeats templates: `n` runs from `first` to `last` and addresses count from `first`, or `n` is each number of a
 * parameter and addresses count from 0; so does `m`, for each `n`. Events of a camera are points of their own. Pure.
 */
export function expandPoints<P extends Profile>(profile: P, params: ParamValues): Expanded<Fields<P>>[] {
  const points = { ...eventPoints(profile), ...profile.points } as Readonly<Record<string, Fields<P>>>
  return Object.entries(points).flatMap(([template, fields]) => {
    const { each } = fields
    if (each === undefined) return [{ id: template, template, fields, steps: noSteps }]
    return repeated(each, params).map(({ steps, ...numbers }) => ({
      id: fill(template, numbers),
      template,
      fields,
      numbers,
      steps,
    }))
  })
}

/** What the event map fills needs no entry under `points`, unless there is more to say about it. */
function eventPoints(profile: Profile): Record<string, never> {
  if (profile.protocol !== 'onvif') return {}
  const ids = profile.onvif.events.map(({ point }) => point).filter((id) => !id.includes('<'))
  return Object.fromEntries(ids.map((id) => [id, { from: { derived: 'event' } } as never]))
}

/** True for the first of a template: what holds for all is looked at once. */
export function isFirst({ steps }: Pick<Expanded<unknown>, 'steps'>): boolean {
  return steps.n === 0 && steps.m === 0
}

/** `<n>`, `<m>` and `<i>` in ids, topics, pointers and titles; the only text that is ever put together. */
export function fill(template: string, { n, m, i = n }: Numbers): string {
  const filled = template.replaceAll('<n>', String(n)).replaceAll('<i>', String(i))
  return m === undefined ? filled : filled.replaceAll('<m>', String(m))
}

export type Repeated = Numbers & { readonly steps: Steps }

/** One more than a device may have, so that what asks for too many is seen. */
const most = 513

export function repeated({ n, m, i }: Each, params: ParamValues): Repeated[] {
  const inner = m === undefined ? [undefined] : numbersOf(m, params)
  return numbersOf(n, params)
    .flatMap((outer) =>
      inner.map((second) => ({
        n: outer.number,
        ...(second === undefined ? {} : { m: second.number }),
        ...(i === undefined ? {} : { i: i.base + i.step * outer.steps }),
        steps: { n: outer.steps, m: second?.steps ?? 0 },
      })),
    )
    .slice(0, most)
}

function numbersOf(each: EachNumber, params: ParamValues): { number: number; steps: number }[] {
  if ('param' in each) {
    const set = params.get(each.param)
    return Array.isArray(set) ? set.map((one: number) => ({ number: one, steps: one })) : []
  }
  const length = Math.max(0, Math.min(each.last - each.first + 1, most))
  return Array.from({ length }, (_, steps) => ({ number: each.first + steps, steps }))
}
