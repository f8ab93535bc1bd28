import type { DayKind } from '#contract/calendar-day.ts'
import type { Backlog } from '#contract/gateway-state.ts'

/** The state of every part in one object, with words for a person beside the numbers. */
export type Health = {
  readonly status: 'ok' | 'degraded' | 'failed'
  /** What is not well, one sentence each. Empty when everything is. */
  readonly problems: readonly string[]
  readonly gateway: string
  readonly software: string
  readonly startedAt: string
  readonly now: string
  readonly uplink: UplinkHealth
  readonly outbox: OutboxHealth
  readonly devices: DevicesHealth
  readonly alarms: { readonly active: number }
  readonly broker: BrokerHealth
  readonly configuration: ConfigurationHealth
  readonly calendar: CalendarHealth
  readonly rssBytes: number
}

export type ConfigurationHealth = {
  /** Number of the configuration of the cloud that runs; 0: gateway.yaml alone. */
  readonly version: number
  /** What of the stored configuration is not used, and why. */
  readonly trouble: readonly string[]
}

export type UplinkHealth = {
  readonly connected: boolean
  /** `connected`, or why not and for how long. */
  readonly state: string
  /** Where this gateway was enrolled. */
  readonly certificate?: CertificateHealth
}

export type CertificateHealth = {
  readonly serial: string
  readonly validUntil: string
  /** What keeps it from being renewed. */
  readonly problem?: string
}

export type OutboxHealth = {
  readonly backlog: readonly Backlog[]
  readonly diskUsed: number
  readonly diskBudget: number
  readonly autonomyH?: number
  /** How long the last and the slowest commit took, ms: a slow disk shows here first. */
  readonly commitMs: { readonly last: number; readonly slowest: number }
  readonly dropped: { readonly samples: number; readonly events: number }
  readonly failure?: string
}

export type DeviceHealth = {
  readonly id: string
  readonly link: 'up' | 'down' | 'unknown'
  readonly since?: string
  readonly reason?: string
}

export type DevicesHealth = {
  readonly total: number
  readonly up: number
  readonly down: number
  /** Every device that is not up. */
  readonly notUp: readonly DeviceHealth[]
}

export type BrokerHealth = { readonly connected: boolean; readonly address?: string }

/** The school calendar, and what today is by it; empty until the cloud has given one. */
export type CalendarHealth = {
  readonly version?: string
  readonly day?: string
  readonly kind?: DayKind
  readonly term?: string
  readonly week?: number
}

export type HealthFacts = Omit<Health, 'status' | 'problems'>

/** Adds the verdict. Pure. Being cut off from the cloud is what the outbox is for: degraded, not failed. */
export function judgeHealth(facts: HealthFacts): Health {
  const { uplink, outbox, devices, broker, configuration } = facts
  const problems = [
    ...(outbox.failure === undefined ? [] : [`outbox: ${outbox.failure}`]),
    ...(broker.connected ? [] : ['broker: not reachable']),
    ...(uplink.connected ? [] : [`uplink: ${uplink.state}`]),
    ...(uplink.certificate?.problem === undefined ? [] : [`uplink: ${uplink.certificate.problem}`]),
    ...(devices.down === 0 ? [] : [`devices: ${devices.down} of ${devices.total} down`]),
    ...configuration.trouble.map((text) => `configuration: ${text}`),
    ...(isShort(outbox) ? [`outbox: full in ${outbox.autonomyH?.toFixed(1)} hours without the cloud`] : []),
  ]
  const status = outbox.failure !== undefined ? 'failed' : problems.length > 0 ? 'degraded' : 'ok'
  return { status, problems, ...facts }
}

const shortAutonomyH = 2

function isShort({ autonomyH }: OutboxHealth): boolean {
  return autonomyH !== undefined && autonomyH < shortAutonomyH
}
