/**
 * The server's time, as far as this tab knows it. Ages are counted with it, because a PC's clock may be off. Ticks once
 * a second while somebody listens.
 */
export class ServerClock {
  #offsetMs = 0
  #tickedAt = 0
  #timer: ReturnType<typeof setInterval> | undefined
  readonly #listeners = new Set<() => void>()

  now(): number {
    return Date.now() + this.#offsetMs
  }

  /** The time at the last tick: everything that is drawn between two ticks sees the same one. */
  ticked(): number {
    if (this.#timer === undefined || this.#tickedAt === 0) this.#tickedAt = Date.now()
    return this.#tickedAt + this.#offsetMs
  }

  /** Server minus browser, as of the last message that carried the server's time. */
  get offsetMs(): number {
    return this.#offsetMs
  }

  /** Small differences are network delay and are left alone: ages must not jitter with every heartbeat. */
  set(serverNow: number): void {
    const offset = serverNow - Date.now()
    if (Math.abs(offset - this.#offsetMs) < 300) return
    this.#offsetMs = offset
    this.#tick()
  }

  subscribe(ticked: () => void): () => void {
    this.#listeners.add(ticked)
    this.#timer ??= setInterval(() => this.#tick(), 1000)
    return () => {
      this.#listeners.delete(ticked)
      if (this.#listeners.size > 0) return
      clearInterval(this.#timer)
      this.#timer = undefined
    }
  }

  #tick(): void {
    this.#tickedAt = Date.now()
    for (const ticked of [...this.#listeners]) ticked()
  }
}
