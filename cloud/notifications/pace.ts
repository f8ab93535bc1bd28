import type { NoticeChannel } from '#contract/notice.ts'

/** At most `max` messages in `windowMs`, and `reserve` more for life safety. */
export type Rate = { readonly windowMs: number; readonly max: number; readonly reserve: number }

/**
 * Robots of WeCom and DingTalk take 20 messages a minute (both say so; DingTalk then locks a robot for ten minutes). The others
 * are what a person can bear.
 */
export const rates: Readonly<Record<NoticeChannel, Rate>> = {
  push: { windowMs: 300_000, max: 10, reserve: 10 },
  email: { windowMs: 600_000, max: 10, reserve: 10 },
  wecom: { windowMs: 60_000, max: 15, reserve: 4 },
  dingtalk: { windowMs: 60_000, max: 15, reserve: 4 },
  webhook: { windowMs: 60_000, max: 60, reserve: 20 },
}

export type Waiting = { readonly id: string; readonly priority: number }

export type Pace<W extends Waiting> =
  | { readonly kind: 'nothing' }
  /** The first is told in full, the others with it. */
  | { readonly kind: 'send'; readonly jobs: readonly [W, ...W[]] }
  | { readonly kind: 'wait'; readonly until: number }

/**
 * What to tell one receiver now. `waiting` is in the order of urgency, `sentAt` the times of the messages that went out.
 * One notice is one message as long as the rate lasts; the last message that it allows takes along everything that waits, so
 * that too many notices become one message and not silence. Pure.
 */
export function pace<W extends Waiting>(
  waiting: readonly W[],
  sentAt: readonly number[],
  rate: Rate,
  now: number,
): Pace<W> {
  const [head, ...rest] = waiting
  if (head === undefined) return { kind: 'nothing' }
  const inWindow = sentAt.filter((at) => at > now - rate.windowMs).toSorted((a, b) => a - b)
  const max = head.priority === 1 ? rate.max + rate.reserve : rate.max
  const left = max - inWindow.length
  if (left <= 0) return { kind: 'wait', until: (inWindow[inWindow.length - max] ?? now) + rate.windowMs }
  return { kind: 'send', jobs: left === 1 ? [head, ...rest] : [head] }
}
