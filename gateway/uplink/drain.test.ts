import { expect, test } from 'vitest'
import type { Refuse } from '#contract/delivery.ts'
import type { LinkEvent } from '#contract/events.ts'
import type { BackfillMessage, EncodedBatch, NumberedEvent } from '#gateway/outbox/batch.ts'
import { Drain, maxQueuedLive, type Outgoing, startCredit } from './drain.ts'

const epoch = 5
const payload = new Uint8Array(1)
const event: LinkEvent = { kind: 'link', device: 'd', state: 'up', at: 1 }

const numbered = (seq: number): NumberedEvent => ({ epoch, seq, event })
const batch = (seq: number): EncodedBatch => ({
  ...{ epoch, seq, samples: 1, createdAt: 1, firstT: seq, lastT: seq },
  payload,
})
const message = (firstSeq: number, lastSeq: number): BackfillMessage => ({
  epoch,
  firstSeq,
  lastSeq,
  samples: lastSeq - firstSeq + 1,
  payload,
})
const ack = (items: readonly Outgoing[]) =>
  ({ v: 1, kind: 'ack', ranges: items.map(({ range }) => range), credit: startCredit }) as const
const refuse = (item: Outgoing, retryAfterMs?: number): Refuse => ({
  v: 1,
  kind: 'refuse',
  range: item.range,
  code: 'X',
  message: '',
  credit: startCredit,
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
})

/** Stored up to 10 when the connection came about; all events read. */
function connected(): Drain {
  const drain = new Drain({ epoch, seq: 10 }, 0)
  drain.offerStoredEvents({ events: [], last: { epoch, seq: 0 }, isAll: true })
  return drain
}

function sendAll(drain: Drain, now = 1): Outgoing[] {
  const sent: Outgoing[] = []
  for (let item = drain.next(now); item !== undefined; item = drain.next(now)) sent.push(item)
  return sent
}

const names = (items: readonly Outgoing[]) =>
  items.map(({ lane, range }) => `${lane} ${range.firstSeq}-${range.lastSeq}`)

test('events go before live, live before backfill, whatever came first', () => {
  const drain = connected()
  drain.offerBackfill(message(1, 4))
  drain.offerBatch(batch(11))
  drain.offerEvent(numbered(1))
  drain.offerEvent(numbered(2))
  expect(names(sendAll(drain))).toEqual(['events 1-2', 'live 11-11', 'backfill 1-4'])
})

test('each lane sends as much as its credit and goes on with an acknowledgement', () => {
  const drain = connected()
  for (let seq = 11; seq < 31; seq++) drain.offerBatch(batch(seq))
  const first = sendAll(drain)
  expect(first).toHaveLength(startCredit.live)
  expect(drain.acknowledged(ack(first.slice(0, 3)), 2)).toEqual({ events: 0, live: 3, backfill: 0 })
  expect(names(sendAll(drain, 2))).toEqual(['live 19-19', 'live 20-20', 'live 21-21'])
})

test('without credit a lane tries one message after a while, so that a lost ack cannot stop it for ever', () => {
  const drain = connected()
  drain.offerBatch(batch(11))
  const [item] = sendAll(drain)
  if (item === undefined) throw new Error('nothing sent')
  const none = { events: 0, live: 0, backfill: 0 }
  drain.acknowledged({ ...ack([item]), credit: none }, 2)
  drain.offerBatch(batch(12))
  drain.offerBatch(batch(13))
  expect(sendAll(drain, 1_000)).toEqual([])
  expect(names(sendAll(drain, 6_000))).toEqual(['live 12-12'])
})

test('a refusal with a time pauses its lane only, then the same message goes first', () => {
  const drain = connected()
  for (const seq of [11, 12]) drain.offerBatch(batch(seq))
  const [first] = sendAll(drain)
  if (first === undefined) throw new Error('nothing sent')
  expect(drain.refused(refuse(first, 500), 10)).toEqual([])
  drain.offerBatch(batch(13))
  drain.offerEvent(numbered(1))
  expect(names(sendAll(drain, 20))).toEqual(['events 1-1'])
  expect(names(sendAll(drain, 510))).toEqual(['live 11-11', 'live 13-13'])
})

test('a refusal for good gives back what is lost', () => {
  const drain = connected()
  drain.offerBatch(batch(11))
  const [first] = sendAll(drain)
  if (first === undefined) throw new Error('nothing sent')
  expect(names(drain.refused(refuse(first), 10))).toEqual(['live 11-11'])
  expect(drain.oldestSentAt()).toBeUndefined()
})

test('live batches that the link cannot take join the backlog; those on their way are not sent twice', () => {
  const drain = connected()
  drain.offerBackfill(undefined)
  expect(drain.wantsBackfill()).toBeUndefined()
  for (let seq = 11; seq < 11 + startCredit.live; seq++) drain.offerBatch(batch(seq))
  const flying = sendAll(drain)
  for (let seq = 19; seq <= 19 + maxQueuedLive; seq++) drain.offerBatch(batch(seq))
  expect(drain.wantsBackfill()).toEqual({
    after: { epoch: 0, seq: 0 },
    until: { epoch, seq: 19 + maxQueuedLive },
    skip: flying.map(({ range }) => range),
  })
  drain.offerBatch(batch(500))
  drain.acknowledged(ack(flying), 2)
  expect(names(sendAll(drain, 3))).toEqual(['live 500-500'])
})

test('over a narrow link one message of the backlog is on its way at a time', () => {
  const drain = connected()
  drain.offerBackfill(message(1, 2))
  const [first] = sendAll(drain)
  if (first === undefined) throw new Error('nothing sent')
  drain.acknowledged(ack([first]), 3_000)
  drain.offerBackfill(message(3, 4))
  drain.offerBackfill(message(5, 6))
  expect(names(sendAll(drain, 3_001))).toEqual(['backfill 3-4'])
})

test('events that arrive while older ones are read from the outbox come after them, each once', () => {
  const drain = new Drain({ epoch, seq: 0 }, 0)
  expect(drain.wantsEvents()).toEqual({ epoch: 0, seq: 0 })
  drain.offerEvent(numbered(4))
  drain.offerEvent(numbered(5))
  expect(sendAll(drain)).toEqual([])
  const events = [1, 2, 3, 4].map(numbered)
  drain.offerStoredEvents({ events, last: { epoch, seq: 4 }, isAll: true })
  expect(names(sendAll(drain))).toEqual(['events 1-5'])
  expect(drain.wantsEvents()).toBeUndefined()
})

test('too many waiting events are read again from the outbox instead of being kept', () => {
  const drain = connected()
  for (let seq = 1; seq <= 1_002; seq++) drain.offerEvent(numbered(seq))
  const after = drain.wantsEvents()
  expect(after).toEqual({ epoch, seq: 0 })
})
