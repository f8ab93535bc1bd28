import type { SeqRange } from '#contract/delivery.ts'
import { covers } from '#gateway/outbox/batch.ts'
import type { Outgoing } from './drain.ts'
import type { Lane } from './lanes.ts'

type Flight = { readonly item: Outgoing; readonly sentAt: number }

/** Messages sent over this connection and neither acknowledged nor refused. */
export class InFlight {
  #flights: Flight[] = []

  add(item: Outgoing, sentAt: number): void {
    this.#flights.push({ item, sentAt })
  }

  of(lane: Lane): Flight[] {
    return this.#flights.filter(({ item }) => item.lane === lane)
  }

  oldestSentAt(): number | undefined {
    return this.#flights[0]?.sentAt
  }

  /** Removes and returns the messages that lie wholly within one of `ranges`. */
  takeCovered(ranges: readonly SeqRange[]): Flight[] {
    const isCovered = ({ item: { range } }: Flight) => ranges.some((outer) => isWithin(range, outer))
    const covered = this.#flights.filter(isCovered)
    if (covered.length > 0) this.#flights = this.#flights.filter((flight) => !isCovered(flight))
    return covered
  }
}

function isWithin(inner: SeqRange, outer: SeqRange): boolean {
  const { stream, epoch, firstSeq, lastSeq } = inner
  if (stream !== outer.stream) return false
  return covers(outer, { epoch, seq: firstSeq }) && covers(outer, { epoch, seq: lastSeq })
}
