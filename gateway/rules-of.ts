import type { Priority } from '#contract/events.ts'
import type { Device, ResolvedAlarm, ResolvedPoint } from '#gateway/profiles/device.ts'
import { type Condition, type Rule, type RuleConfig, ruleOf } from '#gateway/rules/rule.ts'

const priorities = { critical: 1, major: 2, minor: 3, info: 4 } as const satisfies Record<string, Priority>

/** What an alarm about a moment lasts when nobody says how long. */
const defaultMomentMs = 60_000

/** The site's own rules, and the alarms that the profiles bring along for points that are there and shown. Pure. */
export function rulesOf(configured: readonly RuleConfig[], devices: readonly Device[]): Rule[] {
  return [
    ...configured.map((config) => aboutPoint(ruleOf(config), pointOf(devices, config.point))),
    ...devices.flatMap((device) => device.alarms.flatMap((alarm) => ofProfile(device, alarm))),
  ]
}

function ofProfile(device: Device, alarm: ResolvedAlarm): Rule[] {
  const point = device.points.find(({ id }) => id === alarm.point)
  if (point === undefined || point.hidden) return []
  const { zh = '', en = '' } = alarm.text ?? point.title
  const rule: Rule = {
    id: `${device.id}.${alarm.id}`,
    point: `${device.id}/${alarm.point}`,
    condition: conditionOf(alarm),
    onDelayMs: alarm.forMs + ('staleMs' in alarm.when ? alarm.when.staleMs : 0),
    offDelayMs: alarm.clear?.forMs ?? 0,
    priority: priorities[alarm.severity],
    ...(alarm.latch ? { latch: true } : {}),
    ...(alarm.lifeSafety ? { lifeSafety: true } : {}),
    title: {
      zh: named(device.title.zh ?? device.title.en, zh || en),
      en: named(device.title.en ?? device.title.zh, en || zh),
    },
  }
  return [aboutPoint(rule, point)]
}

/** As long as the contract lets a title be. */
function named(device = '', what: string): string {
  return `${device} ${what}`.trim().slice(0, 200)
}

function aboutPoint(rule: Rule, point: ResolvedPoint | undefined): Rule {
  const silentMs = point?.staleAfterMs
  const silent = rule.condition.kind === 'stale' && silentMs !== undefined ? { silentMs } : {}
  if (point?.kind !== 'event') return { ...rule, ...silent }
  return { ...rule, ...silent, onDelayMs: 0, momentMs: rule.offDelayMs || defaultMomentMs }
}

function conditionOf({ when, clear }: ResolvedAlarm): Condition {
  if ('above' in when) return limit('above', when.above, clear?.below)
  if ('below' in when) return limit('below', when.below, clear?.above)
  if ('equals' in when) {
    const back = clear?.equals
    return { kind: 'equals', value: when.equals, ...(back === undefined ? {} : { back }) }
  }
  if ('notEquals' in when) return { kind: 'notEquals', value: when.notEquals }
  return 'deltaAbove' in when ? { kind: 'delta', limit: when.deltaAbove } : { kind: 'stale' }
}

function limit(side: 'above' | 'below', at: number, back = at): Condition {
  return { kind: 'limit', side, limit: at, hysteresis: Math.abs(back - at) }
}

function pointOf(devices: readonly Device[], id: string): ResolvedPoint | undefined {
  const slash = id.indexOf('/')
  return devices
    .find((device) => device.id === id.slice(0, slash))
    ?.points.find((point) => point.id === id.slice(slash + 1))
}
