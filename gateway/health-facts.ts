import type { EdgeAlarms } from '#gateway/alarms/edge-alarms.ts'
import type { CalendarQuestions, SchoolCalendar } from '#gateway/calendar/school-calendar.ts'
import type { KeepIdentity } from '#gateway/enrolment/keep-identity.ts'
import type { DeviceLinks } from '#gateway/health/device-links.ts'
import type { CalendarHealth, HealthFacts, UplinkHealth } from '#gateway/health/health.ts'
import type { Outbox } from '#gateway/outbox/outbox.ts'
import { backlogOf } from '#gateway/uplink/messages-up.ts'
import type { Uplink } from '#gateway/uplink/uplink.ts'
import type { Clock } from '#lib/clock.ts'
import type { GatewaySetup } from './load-gateway.ts'
import type { OpenedBus } from './open-bus.ts'
import { software } from './software.ts'

export type FactSources = {
  readonly setup: GatewaySetup
  readonly startedAt: number
  readonly clock: Clock
  readonly links: DeviceLinks
  readonly outbox: Outbox
  readonly uplink: Uplink | undefined
  /** Where this gateway signs in by certificate. */
  readonly identity: KeepIdentity | undefined
  readonly bus: OpenedBus
  readonly calendar: Pick<SchoolCalendar, 'version'> & Pick<CalendarQuestions, 'today'>
  /** Absent until the devices were started. */
  readonly alarms: EdgeAlarms | undefined
}

/** Asks every part how it is. Cheap: called for every `/health` and several times for every `/metrics`. */
export function healthFacts(from: FactSources): HealthFacts {
  const now = from.clock.now()
  const stats = from.outbox.stats()
  const nothing = { batches: 0, samples: 0, oldestAt: undefined }
  const backlog =
    from.uplink?.state().backlog ?? backlogOf(stats, nothing, { events: 0, live: 0, backfill: 0 })
  return {
    gateway: from.setup.config.gateway.id,
    software,
    startedAt: new Date(from.startedAt).toISOString(),
    now: new Date(now).toISOString(),
    uplink: { ...uplinkHealth(from.uplink, now), ...certificateHealth(from.identity) },
    outbox: {
      backlog,
      diskUsed: stats.diskUsed,
      diskBudget: stats.diskBudget,
      dropped: stats.dropped,
      commitMs: { last: Math.round(stats.lastCommitMs), slowest: Math.round(stats.slowestCommitMs) },
      ...(stats.autonomyH === undefined ? {} : { autonomyH: stats.autonomyH }),
      ...(stats.failure === undefined ? {} : { failure: stats.failure }),
    },
    devices: from.links.summary(),
    alarms: { active: from.alarms?.active ?? 0 },
    broker: from.bus.state(),
    configuration: { version: from.setup.cloud?.ref.version ?? 0, trouble: from.setup.trouble },
    calendar: calendarHealth(from.calendar),
    rssBytes: process.memoryUsage.rss(),
  }
}

function calendarHealth(calendar: FactSources['calendar']): CalendarHealth {
  const { version } = calendar
  const today = calendar.today()
  if (version === undefined) return {}
  if (today === undefined) return { version }
  const { day, kind, term, week } = today
  return {
    version,
    day,
    kind,
    ...(term === undefined ? {} : { term }),
    ...(week === undefined ? {} : { week }),
  }
}

function uplinkHealth(uplink: Uplink | undefined, now: number): UplinkHealth {
  if (uplink === undefined) return { connected: false, state: 'no cloud is configured' }
  const { connected, since, lastError } = uplink.state()
  const forS = Math.max(0, Math.round((now - since) / 1000))
  if (connected) return { connected, state: `connected for ${forS} s` }
  return { connected, state: `not connected for ${forS} s${lastError === undefined ? '' : `: ${lastError}`}` }
}

function certificateHealth(identity: KeepIdentity | undefined): Pick<UplinkHealth, 'certificate'> {
  const state = identity?.state()
  if (state === undefined) return {}
  const { serial, notAfter, problem } = state
  const validUntil = new Date(notAfter).toISOString()
  return { certificate: { serial, validUntil, ...(problem === undefined ? {} : { problem }) } }
}
