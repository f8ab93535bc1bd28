import { parseDuration } from '#lib/quantity.ts'
import type { ResolvedAlarm } from './device.ts'
import type { AlarmOverride, DeviceInstance } from './device-instance.ts'
import type { Expanded, Numbers } from './expand.ts'
import type { Profile } from './profile.ts'

type Fields = NonNullable<Profile['alarms']>[number]
type Overrides = NonNullable<DeviceInstance['alarms']>

/** Alarm defaults of the profile for the points that are there, with what the site wants differently. Pure. */
export function alarmsOf(
  { alarms = [] }: Profile,
  points: readonly Expanded<unknown>[],
  overrides: Overrides = {},
): ResolvedAlarm[] {
  return alarms
    .flatMap((alarm) =>
      points
        .filter(({ id, template }) => alarm.point === id || alarm.point === template)
        .map((point) => alarmOf(alarm, point)),
    )
    .flatMap((alarm) => {
      const override = overrides[alarm.id] ?? overrides[alarm.id.replace(/_\d+(x\d+)?$/, '')]
      if (override === 'off') return []
      return [override === undefined ? alarm : overridden(alarm, override)]
    })
}

/** Ids that an instance may name: those of single points, and those of a whole template. */
export function alarmIds(profile: Profile, points: readonly Expanded<unknown>[]): Set<string> {
  const ids = alarmsOf(profile, points).map(({ id }) => id)
  return new Set([...ids, ...(profile.alarms ?? []).map(({ id }) => id)])
}

/** An alarm of a template is one alarm for each of its points: `over_current_1`, `over_current_1x2`. */
function alarmOf(alarm: Fields, { id, template, numbers }: Expanded<unknown>): ResolvedAlarm {
  const isOneOfMany = numbers !== undefined && alarm.point === template
  const { clear, repeat, category, text } = alarm
  return {
    id: isOneOfMany ? `${alarm.id}_${copyName(numbers)}` : alarm.id,
    point: id,
    when: conditionOf(alarm.when),
    forMs: alarm.for === undefined ? 0 : parseDuration(alarm.for),
    severity: alarm.severity,
    latch: alarm.latch ?? false,
    lifeSafety: alarm.life_safety ?? false,
    ...(clear === undefined ? {} : { clear: clearOf(clear) }),
    ...(repeat === undefined || repeat === 'never' ? {} : { repeatMs: parseDuration(repeat) }),
    ...(category === undefined ? {} : { category }),
    ...(text === undefined ? {} : { text }),
  }
}

function copyName({ n, m }: Numbers): string {
  return m === undefined ? `${n}` : `${n}x${m}`
}

/** The schema lets exactly one of them through. */
function conditionOf(when: Fields['when']): ResolvedAlarm['when'] {
  if (when.above !== undefined) return { above: when.above }
  if (when.below !== undefined) return { below: when.below }
  if (when.equals !== undefined) return { equals: when.equals }
  if (when.not_equals !== undefined) return { notEquals: when.not_equals }
  if (when.delta_above !== undefined) return { deltaAbove: when.delta_above }
  return { staleMs: parseDuration(when.stale ?? '0s') }
}

function clearOf({ for: duration, ...clear }: NonNullable<Fields['clear']>): ResolvedAlarm['clear'] & object {
  return { ...clear, ...(duration === undefined ? {} : { forMs: parseDuration(duration) }) }
}

/** A new limit without a new way back clears at the limit: the profile's own belongs to the profile's limit. */
function overridden(alarm: ResolvedAlarm, override: Exclude<AlarmOverride, 'off'>): ResolvedAlarm {
  const { above, below, stale, delta_above, for: duration, clear, severity } = override
  const limit = { above, below, stale, delta_above }
  const isMoved = Object.values(limit).some((one) => one !== undefined)
  const { clear: usual, ...rest } = alarm
  const kept = isMoved ? undefined : usual
  const back = clear === undefined ? kept : clearOf(clear)
  return {
    ...rest,
    ...(isMoved ? { when: conditionOf(limit as Fields['when']) } : {}),
    ...(duration === undefined ? {} : { forMs: parseDuration(duration) }),
    ...(back === undefined ? {} : { clear: back }),
    ...(severity === undefined ? {} : { severity }),
  }
}
