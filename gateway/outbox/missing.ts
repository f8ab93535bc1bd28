import type { Stream } from '#contract/delivery.ts'
import type { Drop } from './batch.ts'

/** What a stream of one epoch says of itself. */
export type Account = {
  readonly stream: Stream
  readonly epoch: number
  readonly lastSeq: number
  /** Samples given out up to there. */
  readonly produced: number
  /** Stored and neither confirmed nor dropped. Unknown in a file of the first version, or when it could not be read. */
  readonly waiting: { readonly batches: number; readonly samples: number; readonly first: number } | undefined
}

/** The batches of one stream and epoch that were found, in any order, each once. */
export class Found {
  #ranges: [first: number, last: number][] = []
  batches = 0
  samples = 0

  get lastSeq(): number {
    return Math.max(0, ...this.#ranges.map(([, last]) => last))
  }

  /** False when the number was there already. */
  add(seq: number, samples: number): boolean {
    const at = this.#ranges.findIndex(([first, last]) => seq >= first - 1 && seq <= last + 1)
    const range = this.#ranges[at]
    if (range !== undefined && seq >= range[0] && seq <= range[1]) return false
    this.batches++
    this.samples += samples
    if (range === undefined) this.#ranges.push([seq, seq])
    else {
      range[0] = Math.min(range[0], seq)
      range[1] = Math.max(range[1], seq)
    }
    return true
  }

  /** What of `first`…`last` was not found, in order. */
  gaps(first: number, last: number): (readonly [number, number])[] {
    const gaps: (readonly [number, number])[] = []
    let next = first
    for (const [from, to] of this.#ranges.toSorted((a, b) => a[0] - b[0])) {
      if (from > last) break
      if (from > next) gaps.push([next, from - 1])
      next = Math.max(next, to + 1)
    }
    if (next <= last) gaps.push([next, last])
    return gaps
  }
}

/**
 * What may be missing, as drops to report. Between the numbers that are gone some may have been delivered before: the cloud
 * knows, and there received wins over dropped. Nothing is reported of a stream that has all it was to have. Pure.
 */
export function missingAsDrops(
  { stream, epoch, lastSeq, waiting }: Account,
  found: Found,
  at: number,
): Drop[] {
  if (waiting !== undefined && found.batches >= waiting.batches) return []
  const gaps = found.gaps(waiting?.first ?? 1, lastSeq)
  const numbers = gaps.reduce((sum, [first, last]) => sum + last - first + 1, 0)
  const samples = Math.max(0, (waiting?.samples ?? 0) - found.samples)
  let told = 0
  let done = 0
  return gaps.map(([firstSeq, last]) => {
    // Which of them held how many is not known: each has its share, and together they are right.
    done += last - firstSeq + 1
    const upTo = Math.round((samples * done) / numbers)
    const share = upTo - told
    told = upTo
    return { stream, epoch, firstSeq, lastSeq: last, samples: share, reason: 'corrupt', at }
  })
}
