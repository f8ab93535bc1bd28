import type { Priority } from '#contract/events.ts'
import type { NoticeCode, NoticeParams } from '#contract/notice.ts'
import type { Role } from '#contract/permissions.ts'

/** Something that people are to be told. */
export type Notice = {
  /** The same key is the same notice, however often it comes. */
  readonly key: string
  readonly kind: NoticeKind
  readonly priority: Priority
  readonly code: NoticeCode
  readonly params: NoticeParams
  /** Place in the organisation; absent where what it is about stands nowhere. */
  readonly node?: string | undefined
  /** Every role at the node or above, and its robots and webhooks, when absent. */
  readonly to?: NoticeReceivers
  /** Path into the console. */
  readonly link?: string | undefined
  /** When it happened. */
  readonly at: number
  /** It is about a time long past: it is written down and nobody is disturbed. */
  readonly late?: boolean
}

/** Roles bring the robots and webhooks of the place with them; people and channels that are named are told alone. */
export type NoticeReceivers = {
  readonly users?: readonly string[] | undefined
  readonly roles?: readonly Role[] | undefined
  /** Ids of robots and webhooks. */
  readonly channels?: readonly string[] | undefined
}

export type NoticeKind = 'alarm.raised' | 'alarm.escalated' | 'danger.overdue' | 'gateway.offline' | 'test'

/** Goes out at night as well: life safety, what nobody has answered, and what a person asked for right now. Pure. */
export function breaksQuietHours({ kind, priority }: Pick<Notice, 'kind' | 'priority'>): boolean {
  return priority === 1 || kind === 'alarm.escalated' || kind === 'test'
}
