import type { MySettings } from '#contract/api/notifications.ts'
import type { DeliveryReason, NoticeChannel, PersonalChannel, SharedChannel } from '#contract/notice.ts'
import type { Role } from '#contract/permissions.ts'
import { breaksQuietHours, type Notice } from './notice.ts'
import type { NotificationsConfig } from './notifications-config.ts'
import { quietUntil } from './quiet-hours.ts'
import { roleDefault } from './settings.ts'

/** A person whom the notice may concern, with how to reach them. */
export type Person = {
  readonly user: string
  /** Held at the notice's place or above. */
  readonly roles: readonly Role[]
  readonly settings: MySettings
  /** Ids of the browsers that may be pushed to. */
  readonly subscriptions: readonly string[]
  /** Named by the notice itself: no default of a role keeps it away. */
  readonly named: boolean
}

/** A robot or a webhook at the notice's place or above. */
export type Shared = {
  readonly id: string
  readonly kind: SharedChannel
  readonly minPriority: number
  readonly enabled: boolean
}

export type PlannedJob = {
  readonly channel: NoticeChannel | 'none'
  readonly receiver: string
  readonly user: string | null
  readonly state: 'queued' | 'suppressed'
  readonly reason: DeliveryReason | null
  readonly nextAt: number
}

export type PlanOptions = {
  readonly people: readonly Person[]
  readonly shared: readonly Shared[]
  readonly rules: NotificationsConfig['roles']
  /** How many more deliveries may wait. */
  readonly room: number
  readonly now: number
}

/** Who is told by what and when, and who is not and why: a row each. Pure. */
export function planJobs(notice: Notice, options: PlanOptions): PlannedJob[] {
  const { people, shared, room, now } = options
  if (notice.late === true) return [nobody('late', now)]
  const jobs = [
    ...people.flatMap((person) => personalJobs(notice, person, options)),
    ...shared.filter(({ enabled }) => enabled).map((channel) => sharedJob(notice, channel, now)),
  ]
  if (jobs.length === 0) return [nobody('nobody', now)]
  if (notice.priority === 1) return jobs
  let left = room
  return jobs.map((job) =>
    job.state === 'queued' && --left < 0 ? { ...job, state: 'suppressed', reason: 'queue-full' } : job,
  )
}

function nobody(reason: DeliveryReason, now: number): PlannedJob {
  return { channel: 'none', receiver: '', user: null, state: 'suppressed', reason, nextAt: now }
}

function personalJobs(notice: Notice, person: Person, { rules, now }: PlanOptions): PlannedJob[] {
  const { user, roles, settings, subscriptions, named } = person
  const quiet = breaksQuietHours(notice)
    ? undefined
    : quietUntil(settings.quiet ?? undefined, settings.timeZone, now)
  const job = (channel: PersonalChannel, receiver: string): PlannedJob => {
    const upTo = settings[channel].minPriority ?? (named ? 4 : roleDefault(roles, channel, rules))
    const base = { channel, receiver, user, nextAt: quiet ?? now }
    if (notice.kind !== 'test' && notice.priority > upTo)
      return { ...base, state: 'suppressed', reason: 'below-priority' }
    return { ...base, state: 'queued', reason: quiet === undefined ? null : 'quiet-hours' }
  }
  return [
    ...(settings.push.enabled ? subscriptions.map((id) => job('push', id)) : []),
    ...(settings.email.enabled && settings.email.address !== '' ? [job('email', user)] : []),
  ]
}

function sharedJob(notice: Notice, { id, kind, minPriority }: Shared, now: number): PlannedJob {
  const base = { channel: kind, receiver: id, user: null, nextAt: now }
  return notice.priority > minPriority && notice.kind !== 'test'
    ? { ...base, state: 'suppressed', reason: 'below-priority' }
    : { ...base, state: 'queued', reason: null }
}
