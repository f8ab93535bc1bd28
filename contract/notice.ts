import type { LocalText } from './text.ts'

/** What somebody can be told of. A list that is only added to: old rows keep their words. */
export const noticeCodes = [
  'alarm.raised',
  'alarm.escalated',
  'danger.overdue',
  'gateway.offline',
  'test',
] as const
export type NoticeCode = (typeof noticeCodes)[number]

/** How somebody is told: two ways to a person, three to a group or a program. */
export const personalChannels = ['push', 'email'] as const
export type PersonalChannel = (typeof personalChannels)[number]
export const sharedChannels = ['wecom', 'dingtalk', 'webhook'] as const
export type SharedChannel = (typeof sharedChannels)[number]
export type NoticeChannel = PersonalChannel | SharedChannel

/** What the words of a notice are filled with. */
export type NoticeParams = Readonly<Record<string, string | number | boolean | LocalText>>

export const deliveryStates = ['queued', 'sent', 'failed', 'suppressed'] as const
export type DeliveryState = (typeof deliveryStates)[number]

/** Why a delivery waits, was not tried or did not succeed. */
export const deliveryReasons = [
  'quiet-hours',
  'rate-limited',
  'late',
  'nobody',
  'below-priority',
  'queue-full',
  'gone',
  'not-configured',
  'unreachable',
  'timeout',
  'refused',
  'address-refused',
] as const
export type DeliveryReason = (typeof deliveryReasons)[number]
