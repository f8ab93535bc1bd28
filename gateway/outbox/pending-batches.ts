import type { SampleColumns } from '#contract/sample.ts'
import type { Drop, EncodedBatch, Range } from './batch.ts'
import { addDrop } from './retention.ts'

type Waiting = {
  readonly seq: number
  readonly createdAt: number
  readonly samples: number
  /** What the stream has produced up to and including this batch. */
  readonly producedSamples: number
  readonly content: { readonly columns: SampleColumns } | { readonly encoded: EncodedBatch }
  /** The cloud has it already: nothing is left to store. */
  delivered: boolean
}

/**
 * Telemetry batches that have a number but are not on disk yet, oldest first. Holds at most `maxSamples`; what does not
 * fit is dropped, oldest first, and counted in `takeDrops`. Neither clock nor I/O.
 */
export class PendingBatches {
  #maxSamples: number
  readonly #epoch: number
  #waiting: Waiting[] = []
  #samples = 0
  #lastSeq = 0
  #producedSamples = 0
  #drops: Drop[] = []
  /** Everything up to here was stored, dropped or handed to a commit. */
  #accounted = { lastSeq: 0, samples: 0 }

  constructor(epoch: number, maxSamples: number) {
    this.#epoch = epoch
    this.#maxSamples = maxSamples
  }

  /** Another limit; what is over it goes with the next batch. */
  use(maxSamples: number): void {
    this.#maxSamples = maxSamples
  }

  get samples(): number {
    return this.#samples
  }

  get batches(): number {
    return this.#waiting.length
  }

  get lastSeq(): number {
    return this.#lastSeq
  }

  get producedSamples(): number {
    return this.#producedSamples
  }

  /** Gives the samples the next number. */
  add(columns: SampleColumns, createdAt: number): void {
    const samples = columns.t.length
    this.#producedSamples += samples
    this.#push({
      seq: ++this.#lastSeq,
      createdAt,
      samples,
      producedSamples: this.#producedSamples,
      content: { columns },
      delivered: false,
    })
  }

  /** The oldest batches for one transaction, up to `maxSamples` (but at least one). They leave the queue. */
  take(maxSamples: number): PendingGroup {
    let samples = 0
    let count = 0
    for (const batch of this.#waiting) {
      samples += batch.samples
      if (count > 0 && samples > maxSamples) break
      count++
    }
    const taken = this.#waiting.splice(0, count)
    for (const batch of taken) this.#leave(batch)
    return { taken, produced: { ...this.#accounted } }
  }

  /** The commit of `group` failed: its batches, encoded meanwhile, wait again in front of the others. */
  putBack(group: PendingGroup, encoded: readonly EncodedBatch[], now: number): void {
    const bySeq = new Map(encoded.map((batch) => [batch.seq, batch]))
    const back = group.taken.flatMap((batch): Waiting[] => {
      const one = bySeq.get(batch.seq)
      return one === undefined ? [] : [{ ...batch, content: { encoded: one } }]
    })
    for (const batch of back) this.#samples += batch.samples
    this.#waiting.unshift(...back)
    this.#keepBudget(now)
  }

  /** The cloud has received these although the disk has not. */
  markDelivered(ranges: readonly Range[]): void {
    for (const { epoch, firstSeq, lastSeq } of ranges) {
      if (epoch !== this.#epoch) continue
      for (const batch of this.#waiting) {
        if (batch.seq >= firstSeq && batch.seq <= lastSeq) batch.delivered = true
      }
    }
  }

  /** Drops since the last call. */
  takeDrops(): Drop[] {
    const drops = this.#drops
    this.#drops = []
    return drops
  }

  #push(batch: Waiting): void {
    this.#waiting.push(batch)
    this.#samples += batch.samples
    this.#keepBudget(batch.createdAt)
  }

  #keepBudget(now: number): void {
    while (this.#samples > this.#maxSamples && this.#waiting.length > 1) {
      const batch = this.#waiting.shift()
      if (batch === undefined) return
      this.#leave(batch)
      if (!batch.delivered) addDrop(this.#drops, dropOf(this.#epoch, batch, now))
    }
  }

  #leave(batch: Waiting): void {
    this.#samples -= batch.samples
    if (batch.seq > this.#accounted.lastSeq) {
      this.#accounted = { lastSeq: batch.seq, samples: batch.producedSamples }
    }
  }
}

export type PendingGroup = {
  readonly taken: readonly Waiting[]
  readonly produced: { readonly lastSeq: number; readonly samples: number }
}

function dropOf(epoch: number, { seq, samples, content }: Waiting, at: number): Drop {
  const range = { stream: 'telemetry', epoch, firstSeq: seq, lastSeq: seq, samples, at } as const
  const reason = 'memory-budget'
  if ('encoded' in content) {
    return { ...range, reason, from: content.encoded.firstT, to: content.encoded.lastT }
  }
  const from = content.columns.t[0]
  const to = content.columns.t.at(-1)
  return { ...range, reason, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
}
