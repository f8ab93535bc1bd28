import { type Interval, owed } from './owed.ts'

/** A report of the gateway, or of the cloud about it, that numbers will not come. `at` orders the reports. */
export type DropReport = {
  readonly firstSeq: number
  readonly lastSeq: number
  /** 0: not known how many. */
  readonly samples: number
  readonly at: number
}

/** One stream of one epoch, as it is in the tables. */
export type StreamFacts<Drop extends DropReport = DropReport> = {
  readonly producedSeq: number
  /** What the gateway counted up to `countedSeq`. */
  readonly producedSamples: number
  readonly countedSeq: number
  readonly receivedSamples: number
  /** `receivedSamples` may be wrong by this much. */
  readonly uncertainSamples: number
  /** By first number. */
  readonly received: readonly Interval[]
  readonly dropped: readonly Drop[]
}

/** Why an account does not balance. */
export type Imbalance = 'number-beyond-produced' | 'received-twice' | 'samples-missing' | 'samples-too-many'

export type Account<Drop extends DropReport = DropReport> = {
  /** What of the reports holds, by first number: neither received nor in an earlier report. */
  readonly dropped: readonly Drop[]
  readonly owed: readonly Interval[]
  /** In the owed numbers, as far as the gateway has counted. */
  readonly owedSamples: number
  readonly imbalances: readonly Imbalance[]
}

/**
 * The account of one stream: produced = received + dropped + owed, every number in exactly one of the three.
 *
 * Received wins: a number that arrived is not lost, whatever was reported about it (a damaged file was read further than
 * expected, an old disk came back). Of two reports the earlier one holds. What is in neither, up to the last number given
 * out, is owed. So the three always make up the whole; the account is out of balance when what it is made of
 * contradicts itself:
 *
 * - `number-beyond-produced`: a number was received or dropped that was never given out.
 * - `received-twice`: two received ranges share a number, though each number is booked once.
 * - `samples-missing`: nothing is owed, and yet received and dropped samples are fewer than the gateway counted: a batch
 *   was acknowledged without all of its samples.
 * - `samples-too-many`: they are more, though the gateway has counted up to the last number.
 *
 * Samples are compared only as far as they are known: within `uncertainSamples`, and not at all where a report that holds
 * does not say how many samples it is about. Pure.
 */
export function accountOf<Drop extends DropReport>(facts: StreamFacts<Drop>): Account<Drop> {
  const { producedSeq, received } = facts
  const { dropped, cutSamples } = holdingDrops(facts)
  const gaps = owed(producedSeq, [...received, ...dropped.map(intervalOf)])
  const droppedSamples = dropped.reduce((sum, { samples }) => sum + samples, 0)
  const explained = facts.receivedSamples + droppedSamples
  const isKnown = dropped.every(({ samples }) => samples > 0)
  const slack = isKnown ? facts.uncertainSamples + cutSamples : Number.POSITIVE_INFINITY
  return {
    dropped,
    owed: gaps,
    owedSamples: gaps.length === 0 ? 0 : Math.max(0, facts.producedSamples - explained),
    imbalances: imbalancesOf(facts, { isWhole: gaps.length === 0, explained, slack }),
  }
}

type Sums = { readonly isWhole: boolean; readonly explained: number; readonly slack: number }

function imbalancesOf(facts: StreamFacts, { isWhole, explained, slack }: Sums): Imbalance[] {
  const { producedSeq, producedSamples, countedSeq, received, dropped } = facts
  const isBeyond = [...received, ...dropped.map(intervalOf)].some(([, last]) => last > producedSeq)
  const isTwice = received.some(([first], i) => first <= (received[i - 1]?.[1] ?? 0))
  return [
    ...(isBeyond ? (['number-beyond-produced'] as const) : []),
    ...(isTwice ? (['received-twice'] as const) : []),
    ...(isWhole && explained + slack < producedSamples ? (['samples-missing'] as const) : []),
    ...(countedSeq >= producedSeq && countedSeq > 0 && explained - slack > producedSamples
      ? (['samples-too-many'] as const)
      : []),
  ]
}

function intervalOf({ firstSeq, lastSeq }: DropReport): Interval {
  return [firstSeq, lastSeq]
}

type Holding<Drop> = { readonly dropped: Drop[]; readonly cutSamples: number }

/** The reports without what was received or reported before; of one that was cut the samples are shared out by estimate. */
function holdingDrops<Drop extends DropReport>({ received, dropped }: StreamFacts<Drop>): Holding<Drop> {
  const holding: Drop[] = []
  let cutSamples = 0
  for (const group of overlapping(dropped)) {
    let taken: readonly Interval[] = within(received, group)
    for (const drop of group.toSorted((a, b) => a.at - b.at || a.firstSeq - b.firstSeq)) {
      const left = owed(drop.lastSeq, [[1, drop.firstSeq - 1], ...taken])
      const parts = left.map((part) => cut(drop, part))
      if (parts[0] !== drop) cutSamples += drop.samples
      holding.push(...parts)
      taken = [...taken, ...left]
    }
  }
  return { dropped: holding.sort((a, b) => a.firstSeq - b.firstSeq), cutSamples }
}

function cut<Drop extends DropReport>(drop: Drop, [firstSeq, lastSeq]: Interval): Drop {
  if (firstSeq === drop.firstSeq && lastSeq === drop.lastSeq) return drop
  const share = (lastSeq - firstSeq + 1) / (drop.lastSeq - drop.firstSeq + 1)
  return { ...drop, firstSeq, lastSeq, samples: Math.round(drop.samples * share) }
}

/** Reports that share numbers, together; nearly always each is alone, and there may be tens of thousands. */
function overlapping<Drop extends DropReport>(drops: readonly Drop[]): Drop[][] {
  const groups: Drop[][] = []
  let until = 0
  for (const drop of drops.toSorted((a, b) => a.firstSeq - b.firstSeq)) {
    const group = groups.at(-1)
    if (group !== undefined && drop.firstSeq <= until) group.push(drop)
    else groups.push([drop])
    until = Math.max(until, drop.lastSeq)
  }
  return groups
}

/** The received ranges that a group of reports may meet. */
function within(received: readonly Interval[], group: readonly DropReport[]): Interval[] {
  const first = group[0]?.firstSeq ?? 0
  const last = Math.max(...group.map(({ lastSeq }) => lastSeq))
  let at = firstEndingFrom(received, first)
  const found: Interval[] = []
  for (let next = received[at]; next !== undefined && next[0] <= last; next = received[++at]) found.push(next)
  return found
}

/** Index of the first range that ends at or after `seq`. */
function firstEndingFrom(ranges: readonly Interval[], seq: number): number {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ranges[middle]?.[1] ?? 0) < seq) low = middle + 1
    else high = middle
  }
  return low
}
