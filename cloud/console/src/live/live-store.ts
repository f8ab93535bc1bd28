import type { PointUpdate } from '#contract/api/live.ts'

export type LiveSample = Pick<PointUpdate, 't' | 'value' | 'quality' | 'reason'>

/**
 * The newest sample of every point this tab has heard of. `apply` keeps the newest by source time, ignores older ones
 * and calls only the listeners of the points it touched, once each. Knows neither React nor the socket.
 */
export class LiveStore {
  readonly #samples = new Map<string, LiveSample>()
  readonly #listeners = new Map<string, Set<() => void>>()

  get(point: string): LiveSample | undefined {
    return this.#samples.get(point)
  }

  subscribe(point: string, changed: () => void): () => void {
    const set = this.#listeners.get(point) ?? new Set()
    set.add(changed)
    this.#listeners.set(point, set)
    return () => {
      set.delete(changed)
      if (set.size === 0) this.#listeners.delete(point)
    }
  }

  apply(updates: Iterable<PointUpdate>): void {
    const touched = new Set<string>()
    for (const update of updates) {
      const known = this.#samples.get(update.point)
      if (known !== undefined && (known.t > update.t || isSame(known, update))) continue
      this.#samples.set(update.point, update)
      touched.add(update.point)
    }
    for (const point of touched) {
      for (const changed of [...(this.#listeners.get(point) ?? [])]) changed()
    }
  }

  /** Another person signs in: nothing of the one before stays. */
  clear(): void {
    this.#samples.clear()
  }
}

function isSame(a: LiveSample, b: LiveSample): boolean {
  return a.t === b.t && a.value === b.value && a.quality === b.quality && a.reason === b.reason
}
