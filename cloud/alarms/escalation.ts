import { isActive, isUnacknowledged, type LifeState } from '#contract/alarm-life.ts'
import type { EscalationTarget } from '#contract/api/alarms.ts'

export type EscalationStep = { readonly afterMs: number; readonly to: EscalationTarget }

/** Per priority: whom to call when nobody has acknowledged, the soonest first. */
export type Schedule = Readonly<Partial<Record<number, readonly EscalationStep[]>>>
/** Per priority: how long an acknowledged alarm may stay on before it calls again. */
export type Realarms = Readonly<Partial<Record<number, number>>>

export type Timed = {
  readonly priority: number
  readonly life: LifeState
  readonly annunciatedAt: number | null
  readonly ackedAt: number | undefined
  readonly escalated: number
  readonly isClosed: boolean
  readonly isHidden: boolean
}

/** When the next thing happens to an alarm that nobody touches; `null`: nothing does. Pure. */
export function dueAt(alarm: Timed, schedule: Schedule, realarms: Realarms): number | null {
  const { priority, life, annunciatedAt, ackedAt, escalated, isClosed, isHidden } = alarm
  if (isHidden || annunciatedAt === null) return null
  if (isUnacknowledged(life)) {
    const step = schedule[priority]?.[escalated]
    return step === undefined ? null : annunciatedAt + step.afterMs
  }
  const realarmMs = realarms[priority] ?? 0
  if (!isActive(life) || isClosed || ackedAt === undefined || realarmMs === 0) return null
  return ackedAt + realarmMs
}
