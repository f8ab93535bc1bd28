import type { Stream } from '#contract/delivery.ts'
import type { Drop } from './batch.ts'

/** What is known of a stored batch without reading its payload. */
export type StoredBatch = {
  readonly stream: Stream
  readonly epoch: number
  readonly seq: number
  readonly samples: number
  readonly bytes: number
  readonly firstT: number
  readonly lastT: number
}

/** What a row costs on disk beside its payload: columns, index entry, a share of half-empty pages. */
export const rowOverheadBytes = 96

export type DropPlan = {
  readonly drops: readonly Drop[]
  readonly freedBytes: number
  readonly batches: number
}

/**
 * Which of `oldest` (in order) must go to free `bytesToFree`, as ranges without a hole: a batch that was delivered in
 * between is not reported as lost. Pure.
 */
export function planDrop(
  oldest: readonly StoredBatch[],
  bytesToFree: number,
  { at, reason }: { readonly at: number; readonly reason: string },
): DropPlan {
  const drops: Drop[] = []
  let freedBytes = 0
  let batches = 0
  for (const batch of oldest) {
    if (freedBytes >= bytesToFree) break
    freedBytes += batch.bytes + rowOverheadBytes
    batches++
    addDrop(drops, {
      stream: batch.stream,
      epoch: batch.epoch,
      firstSeq: batch.seq,
      lastSeq: batch.seq,
      samples: batch.samples,
      reason,
      at,
      from: batch.firstT,
      to: batch.lastT,
    })
  }
  return { drops, freedBytes, batches }
}

/** Appends `next` to `drops`, or widens the last one when `next` follows it directly. */
export function addDrop(drops: Drop[], next: Drop): void {
  const last = drops.at(-1)
  const follows =
    last !== undefined &&
    last.stream === next.stream &&
    last.epoch === next.epoch &&
    last.reason === next.reason &&
    last.lastSeq + 1 === next.firstSeq
  if (!follows) {
    drops.push(next)
    return
  }
  drops[drops.length - 1] = {
    ...last,
    lastSeq: next.lastSeq,
    samples: last.samples + next.samples,
    at: next.at,
    ...extent(last, next),
  }
}

function extent(a: Drop, b: Drop): Pick<Drop, 'from' | 'to'> {
  const starts = [a.from, b.from].filter((t) => t !== undefined)
  const ends = [a.to, b.to].filter((t) => t !== undefined)
  return {
    ...(starts.length === 0 ? {} : { from: Math.min(...starts) }),
    ...(ends.length === 0 ? {} : { to: Math.max(...ends) }),
  }
}
