/** How far something has come: the last telemetry batch and the last event. */
export type Reached = { readonly seq: number; readonly eventSeq: number }

/** Callers that wait until everything up to some number is on disk. */
export class Flushes {
  #waiting: (Reached & { readonly resolve: () => void; readonly reject: (reason: Error) => void })[] = []

  add(until: Reached): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting.push({ ...until, resolve, reject })
    return promise
  }

  stored({ seq, eventSeq }: Reached): void {
    const isDone = (flush: Reached) => flush.seq <= seq && flush.eventSeq <= eventSeq
    for (const flush of this.#waiting) if (isDone(flush)) flush.resolve()
    this.#waiting = this.#waiting.filter((flush) => !isDone(flush))
  }

  rejectAll(reason: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(reason)
  }
}
