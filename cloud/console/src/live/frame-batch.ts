export type Scheduler = {
  /** Calls `run` before the next paint, or soon when nothing is painted. Returns how to call it off. */
  schedule(run: () => void): () => void
}

/** One paint, one application. A hidden tab paints nothing, so a timer takes over there. */
export const paintScheduler: Scheduler = {
  schedule(run) {
    if (document.hidden) {
      const timer = setTimeout(run, 250)
      return () => clearTimeout(timer)
    }
    let done = false
    const once = (): void => {
      if (done) return
      done = true
      cancelAnimationFrame(frame)
      clearTimeout(timer)
      run()
    }
    const frame = requestAnimationFrame(once)
    // The tab may be hidden between asking for a frame and getting it.
    const timer = setTimeout(once, 500)
    return () => {
      done = true
      cancelAnimationFrame(frame)
      clearTimeout(timer)
    }
  },
}

const maxWaiting = 20_000

/** Collects what arrives and hands it over once a frame, in order. A flood beyond the limit is handed over at once. */
export class FrameBatch<T> {
  #waiting: T[] = []
  #cancel: (() => void) | undefined
  readonly #apply: (items: T[]) => void
  readonly #scheduler: Scheduler

  constructor(apply: (items: T[]) => void, scheduler: Scheduler = paintScheduler) {
    this.#apply = apply
    this.#scheduler = scheduler
  }

  push(item: T): void {
    this.#waiting.push(item)
    if (this.#waiting.length >= maxWaiting) this.flush()
    else this.#cancel ??= this.#scheduler.schedule(() => this.flush())
  }

  flush(): void {
    this.#cancel?.()
    this.#cancel = undefined
    const items = this.#waiting
    if (items.length === 0) return
    this.#waiting = []
    this.#apply(items)
  }

  /** Throws away what is waiting. */
  drop(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#waiting = []
  }
}
