import type { Clock } from '#lib/clock.ts'
import { LazyTimer } from './lazy-timer.ts'

/** A loop's only wait: until an instant, or until somebody says to go on. */
export class Pause {
  readonly #timer: LazyTimer
  #goOn: (() => void) | undefined

  constructor(clock: Clock) {
    this.#timer = new LazyTimer(clock, () => this.end())
  }

  until(at: number): Promise<void> {
    return new Promise((resolve) => {
      this.#goOn = resolve
      this.#timer.set(at)
    })
  }

  end(): void {
    this.#timer.unset()
    const goOn = this.#goOn
    this.#goOn = undefined
    goOn?.()
  }

  close(): void {
    this.end()
    this.#timer.close()
  }
}
