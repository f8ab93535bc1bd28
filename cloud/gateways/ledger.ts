import { instant, optionalInstant, type Range } from '#cloud/http/instants.ts'
import type { Database } from '#cloud/state/database.ts'
import type { DroppedRange, Ledger, LedgerStream } from '#contract/api/ledger.ts'
import type { Stream } from '#contract/delivery.ts'
import { type Drop, readAccounts, type StreamAccount } from './stream-accounts.ts'

/**
 * The data-loss account of a gateway, newest epoch first, of the epochs alive in `from <= t < to`: received, dropped and
 * owed make up everything produced.
 */
export async function readLedger(db: Database, gateway: string, range: Range): Promise<Ledger> {
  const accounts = await readAccounts(db, gateway, range)
  return { gateway, streams: accounts.map(streamView) }
}

function streamView({ stream, received, account }: StreamAccount): LedgerStream {
  // The gateway says now and then how many samples it produced; those that arrived since count too.
  const explained = account.dropped.reduce((sum, { samples }) => sum + samples, stream.received_samples)
  return {
    stream: stream.stream as Stream,
    epoch: stream.epoch,
    startedAt: instant(stream.started_at),
    produced: stream.produced_seq,
    producedSamples: Math.max(stream.produced_samples, explained),
    received: received.map(({ first_seq, last_seq }) => [first_seq, last_seq]),
    receivedSamples: stream.received_samples,
    dropped: account.dropped.map(droppedView),
    owed: account.owed.map(([first, last]) => [first, last]),
  }
}

export function droppedView({ firstSeq, lastSeq, samples, reason, at, from, to }: Drop): DroppedRange {
  return {
    ...{ firstSeq, lastSeq, samples, reason },
    at: instant(at),
    ...optionalInstant('from', from),
    ...optionalInstant('to', to),
  }
}
