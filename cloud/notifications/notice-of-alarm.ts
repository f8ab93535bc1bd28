import type { Alarm } from '#contract/api/alarms.ts'
import type { LocalText } from '#contract/text.ts'
import type { Notice, NoticeReceivers } from './notice.ts'

/** What is not in the alarm itself. */
export type AlarmFacts = {
  /** Where its device stands, with what people call it. */
  readonly node: string | undefined
  readonly place: LocalText | undefined
  /** How far the gateway's clock is ahead. */
  readonly clockOffsetMs: number
  /** An alarm that took longer to arrive is history. */
  readonly lateAfterMs: number
}

/** Somebody should look at this alarm. Pure. */
export function noticeOfAlarm(alarm: Alarm, facts: AlarmFacts): Notice {
  return {
    ...common(alarm, facts),
    key: `alarm.raised:${alarm.id}`,
    kind: 'alarm.raised',
    code: 'alarm.raised',
    late: isLate(alarm, facts),
  }
}

export type Escalation = { readonly step: number; readonly to: NoticeReceivers }

/** Nobody did. Pure. */
export function noticeOfEscalation(alarm: Alarm, facts: AlarmFacts, { step, to }: Escalation): Notice {
  const { params, ...rest } = common(alarm, facts)
  return {
    ...rest,
    key: `alarm.escalated:${alarm.id}:${step}`,
    kind: 'alarm.escalated',
    code: 'alarm.escalated',
    params: { ...params, step },
    to,
  }
}

function common(alarm: Alarm, { node, place }: AlarmFacts): Omit<Notice, 'key' | 'kind' | 'code'> {
  const { title, point, priority, value, limit } = alarm
  return {
    priority,
    params: {
      title: title.zh === undefined && title.en === undefined ? { zh: alarm.rule } : title,
      point,
      ...(place === undefined ? {} : { place }),
      ...(value === null ? {} : { value }),
      ...(limit === undefined ? {} : { limit }),
    },
    node,
    link: '/alarms',
    at: Date.parse(alarm.raisedAt ?? alarm.receivedAt),
  }
}

/** A clock that is off makes nothing late: the difference is known. */
function isLate({ raisedAt, receivedAt }: Alarm, { clockOffsetMs, lateAfterMs }: AlarmFacts): boolean {
  if (raisedAt === undefined) return true // only its end has come
  return Date.parse(receivedAt) - (Date.parse(raisedAt) - clockOffsetMs) > lateAfterMs
}
