import type { Sample } from '#contract/sample.ts'
import type { Device, ReportRule } from '#gateway/profiles/device.ts'
import type { Reading } from '#gateway/southbound/driver.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { freshnessOf, type PipelineSample, staleInMs, staleSample } from './judge.ts'
import { thin } from './thin.ts'

/** Receives what survived, in order. Late and kept samples are no news: store and show them, never act on them. */
export type Subscriber = (samples: readonly PipelineSample[]) => void

export type PipelineStats = {
  readonly accepted: number
  readonly reported: number
  readonly duplicates: number
  readonly late: number
  /** Readings of points that no configured device has. */
  readonly unknown: number
}

/** Every reading of every driver goes through here. Synchronous: slow subscribers buffer on their own side. */
export interface Pipeline {
  /** Never throws and never waits. */
  accept(readings: readonly Reading[]): void
  /** Returns what ends the subscription. */
  subscribe(subscriber: Subscriber): () => void
  /** The newest sample of a point `<device>/<point>`, thinned out or not; `undefined` before the first. */
  latest(point: string): Sample | undefined
  all(): Sample[]
  /** Says what time alone decides: stale points, and changes that waited for their minimum interval. Call about once a second. */
  tick(): void
  stats(): PipelineStats
}

type Slot = {
  readonly point: string
  readonly rule: ReportRule
  readonly staleAfterMs: number | undefined
  latest: PipelineSample | undefined
  /** The last thing the device said; `latest` may be our own remark that it said nothing since. */
  heard: PipelineSample | undefined
  reported: PipelineSample | undefined
  /** A change that came too soon after the last report, and when it may be told (monotonic). */
  pending: PipelineSample | undefined
  pendingDueAt: number
  staleDueAt: number
}

type Parts = { readonly devices: readonly Device[]; readonly clock: Clock; readonly log: Logger }

export function createPipeline({ devices, clock, log }: Parts): Pipeline {
  const slots = slotsOf(devices)
  const subscribers = new Set<Subscriber>()
  const counts = { accepted: 0, reported: 0, duplicates: 0, late: 0, unknown: 0 }

  /** One subscriber's bug must not take the others' samples. */
  function publish(samples: readonly PipelineSample[]): void {
    if (samples.length === 0) return
    counts.reported += samples.length
    for (const subscriber of subscribers) {
      try {
        subscriber(samples)
      } catch (error) {
        log.error({ err: error }, 'subscriber of the pipeline failed')
      }
    }
  }

  function accept(readings: readonly Reading[]): void {
    const now = clock.now()
    const monotonic = clock.monotonic()
    const out: PipelineSample[] = []
    for (const reading of readings) {
      const slot = slots.get(reading.device)?.get(reading.point)
      if (slot === undefined) {
        counts.unknown++
        continue
      }
      counts.accepted++
      switch (freshnessOf(reading, slot.heard, now)) {
        case 'duplicate':
          counts.duplicates++
          break
        case 'late':
          counts.late++
          out.push({ ...sampleOf(slot, reading), late: true })
          break
        case 'new':
          take(slot, sampleOf(slot, reading), { now, monotonic, out })
          break
      }
    }
    publish(out)
  }

  return {
    accept,
    subscribe(subscriber) {
      subscribers.add(subscriber)
      return () => subscribers.delete(subscriber)
    },
    latest(point) {
      const slash = point.indexOf('/')
      return slots.get(point.slice(0, slash))?.get(point.slice(slash + 1))?.latest
    },
    all: () => [...eachSlot(slots)].flatMap(({ latest }) => (latest === undefined ? [] : [latest])),
    tick() {
      const monotonic = clock.monotonic()
      const out: PipelineSample[] = []
      for (const slot of eachSlot(slots)) {
        if (slot.pending !== undefined && monotonic >= slot.pendingDueAt)
          tell(slot, slot.pending, { monotonic, out })
        if (monotonic >= slot.staleDueAt) expire(slot, { monotonic, out })
      }
      publish(out)
    },
    stats: () => ({ ...counts }),
  }
}

type Moment = { readonly now: number; readonly monotonic: number; readonly out: PipelineSample[] }

function take(slot: Slot, sample: PipelineSample, moment: Moment): void {
  slot.latest = sample
  slot.heard = sample
  if (slot.staleAfterMs !== undefined) {
    slot.staleDueAt = moment.monotonic + staleInMs(sample, slot.staleAfterMs, moment.now)
  }
  // A change whose time has come goes first, even if nobody ticked in between.
  if (slot.pending !== undefined && moment.monotonic >= slot.pendingDueAt) tell(slot, slot.pending, moment)
  switch (thin(sample, slot.reported, slot.rule)) {
    case 'report':
      // A new quality must not swallow the last change before it.
      if (slot.pending !== undefined && slot.pending.quality !== sample.quality)
        tell(slot, slot.pending, moment)
      tell(slot, sample, moment)
      return
    case 'later':
      slot.pending = sample
      return
    case 'drop':
      slot.pending = undefined
      return
  }
}

function expire(slot: Slot, moment: Omit<Moment, 'now'>): void {
  slot.staleDueAt = Number.POSITIVE_INFINITY
  const { latest, staleAfterMs, pending } = slot
  const sample = latest && staleAfterMs !== undefined ? staleSample(latest, staleAfterMs) : undefined
  if (sample === undefined) return
  if (pending !== undefined) tell(slot, pending, moment)
  slot.latest = sample
  tell(slot, sample, moment)
}

function tell(slot: Slot, sample: PipelineSample, { monotonic, out }: Omit<Moment, 'now'>): void {
  slot.reported = sample
  slot.pending = undefined
  slot.pendingDueAt = monotonic + slot.rule.minIntervalMs
  out.push(sample)
}

function sampleOf({ point }: Slot, { t, value, quality, kept }: Reading): PipelineSample {
  return kept === true ? { point, t, value, quality, kept } : { point, t, value, quality }
}

function slotsOf(devices: readonly Device[]): Map<string, Map<string, Slot>> {
  return new Map(
    devices.map((device) => [
      device.id,
      new Map(
        device.points
          .filter(({ hidden }) => hidden !== true)
          .map((point) => [
            point.id,
            {
              point: `${device.id}/${point.id}`,
              rule: point.report,
              staleAfterMs: point.staleAfterMs,
              latest: undefined,
              heard: undefined,
              reported: undefined,
              pending: undefined,
              pendingDueAt: 0,
              staleDueAt: Number.POSITIVE_INFINITY,
            },
          ]),
      ),
    ]),
  )
}

function* eachSlot(slots: Map<string, Map<string, Slot>>): Iterable<Slot> {
  for (const points of slots.values()) yield* points.values()
}
