import type { PlaceIndex } from '#cloud/access/access.ts'
import { pointKind } from '#contract/point-vocabulary.ts'
import { siteOffsetMs } from '#contract/site-day.ts'
import type { SuppressionConfig } from './alarm-config.ts'
import type { Suppressible } from './intake-plan.ts'

export type World = {
  readonly now: number
  /** `<gateway>/<rule>` of what is on. */
  readonly alarmsOn: ReadonlySet<string>
  readonly values: ReadonlyMap<string, unknown>
}

/** Whether what a rule waits for is so. Pure. */
export function holds({ while: condition }: SuppressionConfig, { now, alarmsOn, values }: World): boolean {
  if ('alarm' in condition) return alarmsOn.has(condition.alarm)
  if ('point' in condition) return values.get(condition.point) === condition.equals
  const day = new Date(now + siteOffsetMs).toISOString().slice(5, 10)
  const { from, to } = condition.season
  // Over the turn of the year when it ends before it begins.
  return from <= to ? from <= day && day <= to : day >= from || day <= to
}

/** Whether a rule is about an alarm: all that it names has to fit. Pure but for the index of places. */
export function isAbout({ alarms }: SuppressionConfig, alarm: Suppressible, places: PlaceIndex): boolean {
  const { gateway, rule, point } = alarm
  const [device = ''] = point.split('/', 1)
  const { gateways, devices, rules, kinds, places: nodes } = alarms
  const kind = pointKind(point.slice(point.indexOf('/') + 1))?.row ?? ''
  const fits = (names: readonly string[] | undefined, name: string) => names?.includes(name) ?? true
  if (!fits(gateways, gateway) || !fits(devices, `${gateway}/${device}`)) return false
  if (!fits(rules, rule) || !fits(kinds, kind)) return false
  if (nodes === undefined) return true
  const place = places.placeOf(gateway, device === '' ? undefined : device)
  const above = place === undefined ? undefined : places.above(place)
  return nodes.some((node) => above?.has(node))
}

/** Names of the points whose values the rules wait for. Pure. */
export function pointsOf(rules: readonly SuppressionConfig[]): string[] {
  return rules.flatMap(({ while: condition }) => ('point' in condition ? [condition.point] : []))
}
