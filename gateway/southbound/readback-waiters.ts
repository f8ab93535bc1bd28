import { AppError } from '#contract/errors.ts'
import type { Value } from '#contract/sample.ts'
import type { Clock } from '#lib/clock.ts'
import type { Written } from './driver.ts'

export type Expectation = { readonly wanted: Value; readonly withinMs: number; readonly tolerance: number }

export interface Waiter extends Disposable {
  /** The first report that agrees; at the deadline the last one seen. DEVICE_TIMEOUT when there was none at all. */
  readonly outcome: Promise<Written>
}

type Waiting = { readonly seen: (value: Value) => void }

/** Commands that wait for a device to report what it was told. */
export class ReadbackWaiters {
  readonly #clock: Clock
  readonly #waiting = new Map<string, Set<Waiting>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A fresh report of a point came. */
  seen(point: string, value: Value): void {
    for (const waiting of this.#waiting.get(point) ?? []) waiting.seen(value)
  }

  start(point: string, { wanted, withinMs, tolerance }: Expectation, signal: AbortSignal): Waiter {
    const done = new AbortController()
    const found = Promise.withResolvers<Written>()
    let last: Value | undefined
    const waiting: Waiting = {
      seen(value) {
        last = value
        if (agrees(value, wanted, tolerance)) found.resolve({ readBack: value, verified: true })
      },
    }
    const others = this.#waiting.get(point) ?? new Set()
    this.#waiting.set(point, others.add(waiting))

    const deadline = this.#clock.sleep(withinMs, AbortSignal.any([signal, done.signal])).then((): Written => {
      if (last !== undefined || done.signal.aborted) return { readBack: last ?? null, verified: false }
      throw new AppError('DEVICE_TIMEOUT', `${point}: sent, but no report of it within ${withinMs} ms`)
    })
    const outcome = Promise.race([found.promise, deadline])
    // When publishing failed nobody waits for the outcome any more.
    outcome.catch(() => {})
    return {
      outcome,
      [Symbol.dispose]: () => {
        done.abort()
        others.delete(waiting)
        if (others.size === 0) this.#waiting.delete(point)
      },
    }
  }
}

function agrees(seen: Value, wanted: Value, tolerance: number): boolean {
  if (typeof seen === 'number' && typeof wanted === 'number') return Math.abs(seen - wanted) <= tolerance
  return seen === wanted
}
