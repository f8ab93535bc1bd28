import type { FaultName } from './faults.ts'

/**
 * A deliberate bug, put into a copy of the source: the harness must find it. `find` stands in the file exactly once, or the
 * check stops: a list that no longer fits the code proves nothing.
 */
export type Mutation = {
  readonly name: string
  readonly file: string
  readonly find: string
  readonly replace: string
  /** What has to go wrong for it to show. */
  readonly faults: readonly FaultName[]
}

const lossy: readonly FaultName[] = ['acknowledgements are lost', 'what the gateway sends is lost']
const kills: readonly FaultName[] = ['gateway killed', 'both killed']

export const mutations: readonly Mutation[] = [
  {
    name: 'the cloud acknowledges before it commits',
    file: 'cloud/ingest/ingest.ts',
    find: 'if (!known) await work.commit()',
    replace: `this.#replies.ack(gateway, range)
      if (!known) await new Promise((resolve) => setTimeout(resolve, 900)).then(work.commit)`,
    faults: ['cloud killed', 'both killed'],
  },
  {
    name: 'the cloud acknowledges what the store refused',
    file: 'cloud/ingest/ingest.ts',
    find: 'this.#replies.refuse(gateway, { range, code, message, retryAfterMs: failedRetryMs })',
    replace: 'this.#replies.ack(gateway, range)',
    faults: ['cloud’s disk is full'],
  },
  {
    name: 'the cloud books one number more than it received',
    file: 'cloud/ingest/ingest.ts',
    find: 'receipt: { ...range, gateway, samples: samples.t.length,',
    replace: 'receipt: { ...range, lastSeq: range.lastSeq + 1, gateway, samples: samples.t.length,',
    faults: lossy,
  },
  {
    name: 'the gateway deletes what it sent before it is acknowledged',
    file: 'gateway/uplink/session.ts',
    find: 'this.#link.publish(item.lane, bytes)',
    replace: 'this.#link.publish(item.lane, bytes)\n    this.#options.outbox.confirm([item.range])',
    faults: lossy,
  },
  {
    name: 'the gateway takes a refusal for an acknowledgement',
    file: 'gateway/uplink/session.ts',
    find: 'const lost = this.#drain.refused(refuse, this.#lastAckAt)',
    replace:
      'const lost = this.#drain.refused(refuse, this.#lastAckAt)\n    if (refuse.range !== undefined) outbox.confirm([refuse.range])',
    faults: ['gateway killed while the cloud refuses'],
  },
  {
    name: 'the gateway does not send the backlog after a reconnect',
    file: 'gateway/uplink/drain.ts',
    find: 'this.#backfillUntil = lastStored\n    this.#lastOffered = lastStored',
    replace:
      'this.#backfillUntil = lastStored\n    this.#backfillAfter = lastStored\n    this.#lastOffered = lastStored',
    faults: lossy,
  },
  {
    name: 'the backlog leaves out the batch after each message',
    file: 'gateway/uplink/drain.ts',
    find: 'this.#backfillAfter = { epoch: message.epoch, seq: message.lastSeq }',
    replace: 'this.#backfillAfter = { epoch: message.epoch, seq: message.lastSeq + 1 }',
    faults: ['link drops everything silently', 'cloud killed'],
  },
  {
    name: 'the gateway does not notice a silent link',
    file: 'gateway/uplink/session.ts',
    find: 'let aliveAt = clock.monotonic()\n',
    replace: 'let aliveAt = clock.monotonic()\n    if (aliveAt > 0) return\n',
    faults: ['link drops everything silently', 'gateway believes in a dead connection'],
  },
  {
    name: 'a restarted gateway counts from one again in the old epoch',
    file: 'gateway/outbox/outbox-file.ts',
    find: 'return Math.max(candidate, last + 1)',
    replace: 'return last === 0 ? candidate : last',
    faults: kills,
  },
  {
    name: 'samples wait for the disk far longer than promised',
    file: 'gateway/outbox/outbox-config.ts',
    find: 'commitEveryMs: parseDuration(commitEvery)',
    replace: 'commitEveryMs: parseDuration(commitEvery) * 4',
    faults: kills,
  },
  {
    name: 'a drop is not reported',
    file: 'gateway/outbox/pending-batches.ts',
    find: 'if (!batch.delivered) addDrop(',
    replace: 'if (batch.samples < 0) addDrop(',
    faults: ['disk full and link cut until the memory budget is spent'],
  },
  {
    name: 'a message gets the time at which it came',
    file: 'gateway/southbound/mqtt/source-time.ts',
    find: 'Math.trunc(t)',
    replace: 'nowMs',
    faults: lossy,
  },
  {
    name: 'the cloud counts twice what came twice',
    file: 'cloud/ingest/ledger.ts',
    find: 'const samples = newSamples(receipt, count)',
    replace: 'const samples = count < 0 ? newSamples(receipt, count) : receipt.samples',
    faults: ['batches come twice'],
  },
  {
    name: 'the cloud acknowledges everything up to a number',
    file: 'cloud/ingest/ingest.ts',
    find: 'this.#replies.ack(gateway, range)',
    replace: 'this.#replies.ack(gateway, { ...range, firstSeq: 1 })',
    faults: lossy,
  },
  {
    name: 'the gateway accepts an expired certificate',
    file: 'gateway/uplink/dial.ts',
    find: 'rejectUnauthorized: true',
    replace: 'rejectUnauthorized: false',
    faults: ['cloud’s certificate has expired'],
  },
  {
    name: 'what the disk refused is forgotten',
    file: 'gateway/outbox/durable-outbox.ts',
    find: 'this.#batches.putBack(group, answer.batches, this.#options.clock.now())',
    replace: 'void group',
    faults: ['disk full and link cut until the memory budget is spent'],
  },
  {
    name: 'a gateway that stops forgets what it has in memory',
    file: 'gateway/outbox/durable-outbox.ts',
    find: 'async [Symbol.asyncDispose](): Promise<void> {\n    this.#seal()',
    replace: 'async [Symbol.asyncDispose](): Promise<void> {\n    this.#builder.take()',
    faults: ['gateway restarted'],
  },
  {
    name: 'epochs follow the clock alone',
    file: 'gateway/outbox/outbox-file.ts',
    find: 'return Math.max(candidate, last + 1)',
    replace: 'return last < 0 ? last : candidate',
    faults: ['gateway starts an hour ahead and again with the right clock'],
  },
  {
    name: 'the gateway keeps what was acknowledged',
    file: 'gateway/uplink/session.ts',
    find: 'outbox.confirm(ack.ranges)',
    replace: 'void outbox',
    faults: ['link resets every connection'],
  },
]
