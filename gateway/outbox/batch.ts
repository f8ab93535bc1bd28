import type { Stream } from '#contract/delivery.ts'
import type { DropEvent, GatewayEvent } from '#contract/events.ts'

/** Where a batch stands in its stream. A later epoch is a later start of the gateway. */
export type Position = { readonly epoch: number; readonly seq: number }

export const beginning: Position = { epoch: 0, seq: 0 }

export function isAfter(a: Position, b: Position): boolean {
  return a.epoch > b.epoch || (a.epoch === b.epoch && a.seq > b.seq)
}

/** One numbered telemetry batch as it is stored and sent. */
export type EncodedBatch = Position & {
  readonly samples: number
  readonly createdAt: number
  /** Earliest and latest source time. */
  readonly firstT: number
  readonly lastT: number
  readonly payload: Uint8Array<ArrayBuffer>
}

export type NumberedEvent = Position & { readonly event: GatewayEvent }

/** Ready to send: the waiting batches `firstSeq` to `lastSeq`, merged. */
export type BackfillMessage = {
  readonly epoch: number
  readonly firstSeq: number
  readonly lastSeq: number
  readonly samples: number
  readonly payload: Uint8Array<ArrayBuffer>
}

export type Range = { readonly epoch: number; readonly firstSeq: number; readonly lastSeq: number }

export function covers(range: Range, { epoch, seq }: Position): boolean {
  return range.epoch === epoch && range.firstSeq <= seq && seq <= range.lastSeq
}

/** Batches that are gone, and why. Becomes a `DropEvent`, so that the gap is explained. */
export type Drop = Omit<DropEvent, 'kind'>

export type StreamTotals = {
  readonly batches: number
  readonly samples: number
  readonly bytes: number
  /** Source time of the oldest waiting batch. */
  readonly oldestAt: number | undefined
}

export type FileStats = Readonly<Record<Stream, StreamTotals>> & { readonly diskUsed: number }
