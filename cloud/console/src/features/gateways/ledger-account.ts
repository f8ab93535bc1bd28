import type { LedgerStream, SeqInterval } from '#contract/api/ledger.ts'

/** The account of one stream in batches: `produced` = `received` + `dropped` + `owed`. */
export type Account = {
  readonly produced: number
  readonly received: number
  readonly dropped: number
  readonly owed: number
}

const lengthOf = (ranges: readonly SeqInterval[]): number =>
  ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0)

export function accountOf({ produced, received, dropped, owed }: LedgerStream): Account {
  return {
    produced,
    received: lengthOf(received),
    dropped: lengthOf(dropped.map(({ firstSeq, lastSeq }) => [firstSeq, lastSeq])),
    owed: lengthOf(owed),
  }
}

/** The newest run of the gateway, and the ones before it: those that lost or owe something first, then newest first. */
export function runsOf(streams: readonly LedgerStream[]): {
  newest: LedgerStream[]
  earlier: LedgerStream[]
} {
  const latest = Math.max(...streams.map(({ epoch }) => epoch))
  const hasLoss = ({ dropped, owed }: LedgerStream): boolean => dropped.length + owed.length > 0
  const byName = (a: LedgerStream, b: LedgerStream): number => b.stream.localeCompare(a.stream)
  return {
    newest: streams.filter(({ epoch }) => epoch === latest).sort(byName),
    earlier: streams
      .filter(({ epoch }) => epoch !== latest)
      .sort((a, b) => Number(hasLoss(b)) - Number(hasLoss(a)) || b.epoch - a.epoch || byName(a, b)),
  }
}

const maxRanges = 5

/** `3–9, 12`, and how many ranges are left out. */
export function rangesText(
  ranges: readonly SeqInterval[],
  number: (count: number) => string,
): { text: string; more: number } {
  const text = ranges
    .slice(0, maxRanges)
    .map(([first, last]) => (first === last ? number(first) : `${number(first)}–${number(last)}`))
    .join(', ')
  return { text, more: Math.max(0, ranges.length - maxRanges) }
}
