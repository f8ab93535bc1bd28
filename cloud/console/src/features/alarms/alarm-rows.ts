import { isUnacknowledged, type Tab, tabOf } from '#contract/alarm-life.ts'
import type { Alarm } from '#contract/api/alarms.ts'
import type { LocalText } from '#contract/text.ts'

export type AlarmRow = {
  readonly kind: 'alarm'
  readonly key: string
  readonly alarm: Alarm
  readonly isInGroup: boolean
}
export type GroupRow = {
  readonly kind: 'group'
  readonly key: string
  readonly alarms: readonly Alarm[]
  readonly priority: Alarm['priority']
  /** What is away and hides them; absent: alarms of one kind at one place. */
  readonly root?: { readonly kind: 'gateway' | 'device'; readonly title: LocalText; readonly id: string }
  readonly title: LocalText
  readonly isOpen: boolean
}
export type Row = AlarmRow | GroupRow

export function subjectOf(alarm: Alarm) {
  return {
    life: alarm.life,
    overlay: alarm.overlay,
    isAcknowledged: alarm.ack !== undefined,
    isClosed: alarm.closed !== undefined,
    lifeSafety: alarm.lifeSafety,
    isPending: alarm.pending !== undefined,
  }
}

export function tabOfAlarm(alarm: Alarm): Tab {
  return tabOf(subjectOf(alarm))
}

/** Unacknowledged first, then what lives depend on, then by priority, then the newest. Pure. */
export function inOrder(alarms: readonly Alarm[]): Alarm[] {
  return alarms.toSorted(
    (a, b) =>
      rank(a) - rank(b) ||
      a.priority - b.priority ||
      startOf(b).localeCompare(startOf(a)) ||
      (a.id < b.id ? -1 : 1),
  )
}

function rank({ life, lifeSafety }: Alarm): number {
  return (isUnacknowledged(life) ? 0 : 2) + (lifeSafety ? 0 : 1)
}

export function startOf(alarm: Alarm): string {
  return alarm.raisedAt ?? alarm.clearedAt ?? alarm.receivedAt
}

/**
 * The lines of the list. In a flood alarms stand under what is away, else under their kind at their place; what lives depend
 * on never does, and a group of one is no group. A group has the rank of its most urgent alarm. Pure.
 */
export function rowsOf(
  alarms: readonly Alarm[],
  { isGrouped, open }: { readonly isGrouped: boolean; readonly open: ReadonlySet<string> },
): Row[] {
  const ordered = inOrder(alarms)
  if (!isGrouped) return ordered.map((alarm) => rowOf(alarm, false))
  const groups = Map.groupBy(ordered, groupKey)
  return [...groups].flatMap(([key, some]): Row[] => {
    const [first] = some
    if (first === undefined) return []
    if (some.length === 1) return [rowOf(first, false)]
    const isOpen = open.has(key)
    const { root } = first
    const group: GroupRow = {
      ...{ kind: 'group', key, alarms: some, priority: first.priority, title: first.title, isOpen },
      ...(root === undefined ? {} : { root }),
    }
    return [group, ...(isOpen ? some.map((alarm) => rowOf(alarm, true)) : [])]
  })
}

function rowOf(alarm: Alarm, isInGroup: boolean): AlarmRow {
  return { kind: 'alarm', key: alarm.id, alarm, isInGroup }
}

function groupKey(alarm: Alarm): string {
  if (alarm.lifeSafety) return alarm.id
  const { root, point, place, gateway, rule } = alarm
  if (root !== undefined) return `${root.kind} ${root.id}`
  // The name of the point without its part: the vocabulary itself weighs more than the list. Of a gateway the rule tells.
  const kind = point.split('/').slice(2).at(-1) ?? rule
  return `place ${place ?? gateway} ${kind} ${alarm.priority}`
}

/** From one line to another, both ends included, as Shift and the arrows choose. Pure. */
export function between(rows: readonly Row[], from: string, to: string): string[] {
  const [a, b] = [from, to].map((key) => rows.findIndex((row) => row.key === key))
  if (a === undefined || b === undefined || a < 0 || b < 0) return [to]
  return rows.slice(Math.min(a, b), Math.max(a, b) + 1).map(({ key }) => key)
}

/** The alarms that are meant by the chosen lines, each once; a group means all that it shows. Pure. */
export function alarmsOf(rows: readonly Row[], keys: ReadonlySet<string>): Alarm[] {
  const chosen = rows.filter(({ key }) => keys.has(key))
  const all = chosen.flatMap((row) => (row.kind === 'alarm' ? [row.alarm] : row.alarms))
  return [...new Map(all.map((alarm) => [alarm.id, alarm])).values()]
}
