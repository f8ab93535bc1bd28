import { encodeTelemetry } from '#contract/codec.ts'
import { columnsOf } from '#contract/columns.ts'
import type { SeqRange } from '#contract/delivery.ts'
import type { Sample } from '#contract/sample.ts'
import { covers, type EncodedBatch, isAfter } from '#gateway/outbox/batch.ts'
import type { OutboxListener, OutboxOutput, OutboxStats } from '#gateway/outbox/outbox.ts'

/** An outbox for a light gateway: telemetry only, one batch a message, and nothing survives the process. */
export class MemoryOutbox implements OutboxOutput {
  readonly epoch: number
  readonly #listeners = new Set<OutboxListener>()
  #waiting: EncodedBatch[] = []
  #produced = { lastSeq: 0, samples: 0 }

  constructor(epoch: number) {
    this.epoch = epoch
  }

  get waiting(): number {
    return this.#waiting.length
  }

  append(samples: readonly Sample[]): void {
    const seq = ++this.#produced.lastSeq
    this.#produced.samples += samples.length
    const times = samples.map(({ t }) => t)
    const { epoch } = this
    const payload = encodeTelemetry({ epoch, firstSeq: seq, lastSeq: seq, samples: columnsOf(samples) })
    const batch = {
      ...{ epoch, seq, samples: samples.length, createdAt: Date.now() },
      ...{ firstT: Math.min(...times), lastT: Math.max(...times), payload: new Uint8Array(payload) },
    }
    this.#waiting.push(batch)
    for (const { batch: tell } of this.#listeners) tell(batch)
  }

  subscribe(listener: OutboxListener): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  flush = () => Promise.resolve()
  lastStored = () => ({ epoch: this.epoch, seq: this.#produced.lastSeq })
  events: OutboxOutput['events'] = (after) => Promise.resolve({ events: [], last: after, isAll: true })

  backfill: OutboxOutput['backfill'] = async ({ after, until, skip }) => {
    const next = this.#waiting.find(
      (batch) =>
        isAfter(batch, after) && !isAfter(batch, until) && !skip.some((range) => covers(range, batch)),
    )
    return next === undefined ? undefined : { ...next, firstSeq: next.seq, lastSeq: next.seq }
  }

  confirm(ranges: readonly SeqRange[]): void {
    this.#waiting = this.#waiting.filter((batch) => !ranges.some((range) => covers(range, batch)))
  }

  drop(): void {
    throw new Error('the cloud refused a batch for good')
  }

  stats(): OutboxStats {
    const { epoch } = this
    const nothing = { batches: 0, samples: 0, bytes: 0, oldestAt: undefined }
    return {
      epoch,
      telemetry: { ...nothing, batches: this.#waiting.length },
      events: nothing,
      produced: this.#produced.lastSeq === 0 ? [] : [{ stream: 'telemetry', epoch, ...this.#produced }],
      memory: { samples: 0, batches: 0, events: 0 },
      ...{ diskBudget: 1_000_000, diskUsed: 0, autonomyH: undefined, dropped: { samples: 0, events: 0 } },
      ...{ refused: 0, commits: 0, lastCommitMs: 0, slowestCommitMs: 0, failure: undefined },
    }
  }
}
