import type { Selectable } from 'kysely'
import type { AlarmHistoryRow, AlarmKeyRow, AlarmRow } from '#cloud/state/tables.ts'
import type { LifeContext, LifeState, Outcome, Overlay, QuietReason } from '#contract/alarm-life.ts'
import type { Person } from '#contract/api/alarms.ts'

/** One occurrence as it is kept. */
export type StoredAlarm = Selectable<AlarmRow>
export type StoredKey = Selectable<AlarmKeyRow>
export type StoredStep = Selectable<AlarmHistoryRow>

/** Who did it; the id is for comparing, the names are those of then. */
export type Actor = Person & { readonly id: string }

export type Acked = { readonly by: Actor; readonly at: number }
export type Closed = Acked & { readonly outcome: Outcome; readonly note: string }
export type Shelf = Acked & {
  readonly until: number
  readonly reason: string
  readonly approvedBy?: Actor | undefined
}
export type Service = Acked & {
  readonly reason: string
  readonly permit: string
  readonly approvedBy?: Actor | undefined
}
/** What waits for a second person. */
export type Pending = Acked & { readonly reason: string } & (
    | { readonly what: 'shelve'; readonly minutes: number }
    | { readonly what: 'out-of-service'; readonly permit: string }
  )

export const untold = { change: 1, raised: 2, annunciated: 4, escalated: 8 } as const

export function lifeOf({ life }: Pick<StoredAlarm, 'life'>): LifeState {
  return life as LifeState // the column holds nothing else
}

export function quietOf({ quiet }: Pick<StoredAlarm, 'quiet'>): QuietReason | undefined {
  return (quiet ?? undefined) as QuietReason | undefined
}

export function parsed<T>(json: string | null): T | undefined {
  return json === null ? undefined : (JSON.parse(json) as T)
}

export function keyName({ gateway, rule, point }: Pick<StoredKey, 'gateway' | 'rule' | 'point'>): string {
  return `${gateway}\n${rule}\n${point}`
}

export function idOf({ gateway, occurrence }: Pick<StoredAlarm, 'gateway' | 'occurrence'>): string {
  return `${gateway}/${occurrence}`
}

/** The strongest of what hides an alarm. */
export function overlayOf(
  key: Pick<StoredKey, 'shelved_until' | 'service_json' | 'suppressed_by'> | undefined,
): Overlay | undefined {
  if (key === undefined) return undefined
  if (key.service_json !== null) return 'out-of-service'
  if (key.suppressed_by !== null) return 'suppressed'
  return key.shelved_until === null ? undefined : 'shelved'
}

export function contextOf(row: StoredAlarm, isHidden: boolean): LifeContext {
  return { latching: row.latching === 1, told: row.annunciated_at !== null || isHidden }
}
