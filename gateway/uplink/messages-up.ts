/** What the gateway says on `up/events` and `up/state`. Pure. */
import type { CalendarReport } from '#contract/calendar.ts'
import type { Catalogue } from '#contract/catalogue.ts'
import type { ConfigReport } from '#contract/configuration.ts'
import type { EventsMessage } from '#contract/events.ts'
import type { Backlog, Birth, Death, Produced, Status } from '#contract/gateway-state.ts'
import type { NumberedEvent } from '#gateway/outbox/batch.ts'
import type { OutboxStats } from '#gateway/outbox/outbox.ts'
import type { Lane } from './lanes.ts'

/** What the composition root knows about this gateway. */
export type About = {
  readonly startedAt: number
  readonly software: string
  readonly runtime: string
  readonly configVersion: string
  readonly catalogue: Catalogue
  /** What became of the configuration; said after every birth. */
  readonly config?: () => ConfigReport
  /** Which school calendar is on the disk; said after every birth. */
  readonly calendar?: CalendarReport
  readonly devices: { readonly total: number; readonly up: number; readonly down: number }
}

/** The schema's limit; the newest say most. */
const maxProduced = 1_000

function producedOf({ produced }: OutboxStats): Produced[] {
  return produced.slice(-maxProduced)
}

export function birthOf(about: About, stats: OutboxStats, at: number): Birth {
  const { startedAt, software, runtime, configVersion, catalogue } = about
  const catalogueVersion = catalogue.version
  const head = { v: 1, kind: 'birth', at, startedAt, software, runtime } as const
  return { ...head, configVersion, catalogueVersion, produced: producedOf(stats) }
}

export function deathOf({ startedAt }: About, { epoch }: OutboxStats, clean: boolean): Death {
  return { v: 1, kind: 'death', startedAt, epoch, clean }
}

export type LaneRates = Readonly<Record<Lane, number>>
export type LiveWaiting = {
  readonly batches: number
  readonly samples: number
  readonly oldestAt: number | undefined
}

/** What waits in each lane. Telemetry that is not live is backlog; without a connection all of it is. */
export function backlogOf(stats: OutboxStats, live: LiveWaiting, drainPerS: LaneRates): Backlog[] {
  const { events, telemetry, memory } = stats
  const backfillBatches = Math.max(0, telemetry.batches - live.batches)
  const share = telemetry.batches === 0 ? 0 : Math.min(1, live.batches / telemetry.batches)
  return [
    lane('events', drainPerS, {
      batches: events.batches + memory.events,
      samples: events.samples + memory.events,
      bytes: events.bytes,
      oldestAt: events.oldestAt,
    }),
    lane('live', drainPerS, {
      batches: live.batches,
      samples: live.samples,
      bytes: Math.round(telemetry.bytes * share),
      oldestAt: live.oldestAt,
    }),
    lane('backfill', drainPerS, {
      batches: backfillBatches,
      samples: backfillBatches === 0 ? 0 : Math.max(0, telemetry.samples - live.samples),
      bytes: Math.round(telemetry.bytes * (1 - share)),
      oldestAt: backfillBatches === 0 ? undefined : telemetry.oldestAt,
    }),
  ]
}

type Waiting = Pick<Backlog, 'batches' | 'samples' | 'bytes'> & { readonly oldestAt: number | undefined }

function lane(name: Lane, drainPerS: LaneRates, { oldestAt, ...counts }: Waiting): Backlog {
  const known = oldestAt === undefined ? {} : { oldestAt: Math.round(oldestAt) }
  return { lane: name, ...counts, ...known, drainPerS: drainPerS[name] }
}

export type StatusInput = {
  readonly about: About
  readonly stats: OutboxStats
  readonly backlog: Backlog[]
  readonly at: number
  readonly rssBytes: number
}

export function statusOf({ about, stats, backlog, at, rssBytes }: StatusInput): Status {
  const { diskBudget, diskUsed, autonomyH } = stats
  const autonomy = autonomyH === undefined ? {} : { autonomyH }
  const produced = producedOf(stats)
  const devices = { ...about.devices }
  return {
    v: 1,
    kind: 'status',
    at,
    backlog,
    produced,
    diskBudget,
    diskUsed,
    ...autonomy,
    devices,
    rssBytes,
  }
}

/** `events` have consecutive numbers. */
export function eventsMessageOf(events: readonly NumberedEvent[]): EventsMessage {
  const [first] = events
  if (first === undefined) throw new Error('an events message needs an event')
  return { v: 1, epoch: first.epoch, firstSeq: first.seq, events: events.map(({ event }) => event) }
}
