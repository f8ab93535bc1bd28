import type { DayDrop, DayOwed, DayReceipt, DayStream, LedgerDay } from '#contract/api/ledger.ts'

/** What a reader wants to know first: all well, or per stream what is lost and what may still come. */
export type Finding =
  | { readonly kind: 'unknown' | 'nothing' }
  | { readonly kind: 'complete'; readonly batches: number; readonly samples: number; readonly events: number }
  | {
      readonly kind: 'dropped'
      readonly stream: DayStream['stream']
      readonly ranges: number
      readonly batches: number
      readonly samples: number
      /** False: some of the samples were never counted. */
      readonly isCounted: boolean
      readonly reasons: readonly string[]
    }
  | {
      readonly kind: 'owed'
      readonly stream: DayStream['stream']
      readonly ranges: number
      readonly batches: number
    }
  | { readonly kind: 'imbalance'; readonly stream: DayStream['stream'] }

/** Pure. */
export function findingsOf({ streams, recorded }: LedgerDay): Finding[] {
  const losses = streams.flatMap(lossesOf)
  if (losses.length > 0) return losses
  const batches = streams.reduce((sum, { totals }) => sum + totals.received.batches, 0)
  if (batches === 0) return [{ kind: recorded ? 'nothing' : 'unknown' }]
  const samplesOf = (name: DayStream['stream']) =>
    streams.find(({ stream }) => stream === name)?.totals.received.samples ?? 0
  return [{ kind: 'complete', batches, samples: samplesOf('telemetry'), events: samplesOf('events') }]
}

function lossesOf({ stream, totals, dropped, imbalances }: DayStream): Finding[] {
  const { ranges, batches, samples } = totals.dropped
  const reasons = [...new Set(dropped.map(({ reason }) => reason))]
  const isCounted = dropped.every((range) => range.samples > 0)
  return [
    ...(imbalances.length > 0 ? [{ kind: 'imbalance' as const, stream }] : []),
    ...(ranges > 0
      ? [{ kind: 'dropped' as const, stream, ranges, batches, samples, isCounted, reasons }]
      : []),
    ...(totals.owed.ranges > 0
      ? [{ kind: 'owed' as const, stream, ranges: totals.owed.ranges, batches: totals.owed.batches }]
      : []),
  ]
}

export type DayRow =
  | ({ readonly fate: 'dropped' } & DayDrop)
  | ({ readonly fate: 'owed' } & DayOwed)
  | ({ readonly fate: 'received' } & DayReceipt)

/** What is missing first. */
export function rowsOf({ dropped, owed, received }: DayStream): DayRow[] {
  return [
    ...dropped.map((row) => ({ fate: 'dropped' as const, ...row })),
    ...owed.map((row) => ({ fate: 'owed' as const, ...row })),
    ...received.map((row) => ({ fate: 'received' as const, ...row })),
  ]
}

/** Contract: an epoch begins with the second in which the gateway's process started. */
export function startOfEpoch(epoch: number): number {
  return Math.floor(epoch / 65_536) * 1000
}
