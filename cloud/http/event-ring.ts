import type { LiveEvent } from '#contract/api/live.ts'

export type RingLimits = { readonly maxEvents: number; readonly maxAgeMs: number }

type Entry = { readonly event: LiveEvent; readonly at: number }

/** The last events by number, so that a client that was away takes up where it was. Bounded by count and age. */
export class EventRing {
  readonly #limits: RingLimits
  #entries: Entry[] = []
  #head = 0
  /** The newest number that is gone: who has less cannot be served. */
  #floor: number

  constructor(limits: RingLimits, floor: number) {
    this.#limits = limits
    this.#floor = floor
  }

  push(event: LiveEvent, nowMs: number): void {
    this.#entries.push({ event, at: nowMs })
    this.#forget(nowMs)
  }

  /** Whether everything after `since` is still here. */
  reachesBackTo(since: number, nowMs: number): boolean {
    this.#forget(nowMs)
    return since >= this.#floor
  }

  /** Oldest first. */
  after(since: number): LiveEvent[] {
    return this.#entries.slice(this.#head).flatMap(({ event }) => (event.seq > since ? [event] : []))
  }

  #forget(nowMs: number): void {
    const { maxEvents, maxAgeMs } = this.#limits
    for (;;) {
      const oldest = this.#entries[this.#head]
      if (oldest === undefined) break
      const tooMany = this.#entries.length - this.#head > maxEvents
      if (!tooMany && nowMs - oldest.at <= maxAgeMs) break
      this.#floor = oldest.event.seq
      this.#head++
    }
    // Moving the rest now and then, not with every event.
    if (this.#head > maxEvents) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
  }
}
