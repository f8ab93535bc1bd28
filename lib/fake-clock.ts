import type { Clock } from './clock.ts'

type Sleeper = { wakeAt: number; wake: () => void }

/** A clock that stands still until a test moves it. */
export class FakeClock implements Clock {
  #now: number
  #monotonic = 0
  #sleepers: Sleeper[] = []

  constructor(startAt = Date.UTC(2026, 0, 5, 0, 0, 0)) {
    this.#now = startAt
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#monotonic
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const sleeper = { wakeAt: this.#monotonic + ms, wake: resolve }
      this.#sleepers.push(sleeper)
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
        resolve()
      })
    })
  }

  /** Moves both clocks on, waking sleepers in order and letting what they started run. */
  async advance(ms: number): Promise<void> {
    const until = this.#monotonic + ms
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve))
      const next = this.#sleepers.filter((s) => s.wakeAt <= until).sort((a, b) => a.wakeAt - b.wakeAt)[0]
      if (next === undefined) break
      this.#sleepers = this.#sleepers.filter((s) => s !== next)
      this.#move(next.wakeAt - this.#monotonic)
      next.wake()
    }
    this.#move(until - this.#monotonic)
    await new Promise((resolve) => setImmediate(resolve))
  }

  /** The wall clock is set by somebody (NTP, an operator); the monotonic clock does not notice. */
  step(ms: number): void {
    this.#now += ms
  }

  #move(ms: number): void {
    this.#monotonic += ms
    this.#now += ms
  }
}
