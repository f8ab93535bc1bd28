import type { Static } from 'typebox'
import type { PointEvent, PointUpdate } from '#contract/api/live.ts'

type Emitted = Static<typeof PointEvent>
type Entry = { update: PointUpdate; emittedAt: number; seq: number }

export type LatestOptions = {
  readonly nextSeq: () => number
  readonly intervalMs?: number
  readonly maxPoints?: number
}

/**
 * The newest update of each point, let out at most once per `intervalMs`: the first at once, then the newest of the
 * interval. Older source times never replace newer ones. The number of points is bounded: at the limit the device known
 * longest is forgotten, which only means that a new subscriber waits for its next update.
 */
export class LatestPoints {
  /** By `<gateway>/<device>`, then by point: a page asks for devices, never for everything. */
  readonly #devices = new Map<string, Map<string, Entry>>()
  readonly #gateways = new Map<string, Set<string>>()
  readonly #waiting = new Set<Entry>()
  readonly #nextSeq: () => number
  readonly #intervalMs: number
  readonly #maxPoints: number
  #size = 0
  /** Goes on where it stopped: a new one would step over everything that was deleted before. */
  #oldest = this.#devices.entries()

  constructor({ nextSeq, intervalMs = 1_000, maxPoints = 500_000 }: LatestOptions) {
    this.#nextSeq = nextSeq
    this.#intervalMs = intervalMs
    this.#maxPoints = maxPoints
  }

  /** The event to send now, or `undefined` when it is old news or has to wait. */
  accept(update: PointUpdate, nowMs: number): Emitted | undefined {
    const entry = this.#devices.get(deviceOf(update.point))?.get(update.point)
    if (entry === undefined) return this.#emit(this.#add(update), nowMs)
    if (update.t < entry.update.t) return undefined
    entry.update = update
    if (nowMs - entry.emittedAt >= this.#intervalMs) return this.#emit(entry, nowMs)
    this.#waiting.add(entry)
    return undefined
  }

  /** What has waited long enough. */
  due(nowMs: number): Emitted[] {
    const due = [...this.#waiting].filter(({ emittedAt }) => nowMs - emittedAt >= this.#intervalMs)
    return due.map((entry) => this.#emit(entry, nowMs))
  }

  /** The newest of every point that is `prefix` or lies below it, as events with fresh numbers. */
  snapshot(prefix: string): Emitted[] {
    return this.#below(prefix).map(({ update }) => eventOf(update, this.#nextSeq()))
  }

  /** The same, only what was let out after `since`, with the numbers of then. */
  after(since: number, prefix: string): Emitted[] {
    return this.#below(prefix).flatMap(({ seq, update }) => (seq > since ? [eventOf(update, seq)] : []))
  }

  #below(prefix: string): Entry[] {
    const [gateway = '', device] = prefix.split('/', 2)
    if (device === undefined) {
      const devices = [...(this.#gateways.get(gateway) ?? [])]
      return devices.flatMap((key) => [...(this.#devices.get(key)?.values() ?? [])])
    }
    const points = this.#devices.get(`${gateway}/${device}`)
    if (prefix === `${gateway}/${device}`) return [...(points?.values() ?? [])]
    const entry = points?.get(prefix)
    return entry === undefined ? [] : [entry]
  }

  #add(update: PointUpdate): Entry {
    if (this.#size >= this.#maxPoints) this.#forgetOldestDevice()
    const key = deviceOf(update.point)
    const gateway = key.split('/', 1)[0] ?? ''
    const points = this.#devices.get(key) ?? new Map<string, Entry>()
    const devices = this.#gateways.get(gateway) ?? new Set()
    const entry = { update, emittedAt: 0, seq: 0 }
    this.#devices.set(key, points.set(update.point, entry))
    this.#gateways.set(gateway, devices.add(key))
    this.#size++
    return entry
  }

  #forgetOldestDevice(): void {
    let next = this.#oldest.next()
    if (next.done) {
      this.#oldest = this.#devices.entries()
      next = this.#oldest.next()
    }
    const [key, points] = next.value ?? ['', new Map<string, Entry>()]
    for (const entry of points.values()) this.#waiting.delete(entry)
    this.#size -= points.size
    this.#devices.delete(key)
    this.#gateways.get(key.split('/', 1)[0] ?? '')?.delete(key)
  }

  #emit(entry: Entry, nowMs: number): Emitted {
    entry.emittedAt = nowMs
    entry.seq = this.#nextSeq()
    this.#waiting.delete(entry)
    return eventOf(entry.update, entry.seq)
  }
}

/** `<gateway>/<device>` of a point id. */
function deviceOf(point: string): string {
  const end = point.indexOf('/', point.indexOf('/') + 1)
  return end === -1 ? point : point.slice(0, end)
}

function eventOf(update: PointUpdate, seq: number): Emitted {
  return { type: 'ev', seq, topic: `points:${update.point}`, data: update }
}
