import { DatabaseSync } from 'node:sqlite'
import { expect, test, vi } from 'vitest'
import type { TelemetryStore } from '#cloud/telemetry/telemetry-store.ts'
import { encodeTelemetry } from '#contract/codec.ts'
import { columnsOf } from '#contract/columns.ts'
import type { SeqRange } from '#contract/delivery.ts'
import { AppError } from '#contract/errors.ts'
import type { AlarmEvent, DropEvent, EventsMessage, GatewayEvent } from '#contract/events.ts'
import type { Reply, ReplyBody } from '#contract/request.ts'
import { batchOf, numbersOf, startTestIngest, storedSeqs, timeOf } from '../../tests/support/test-ingest.ts'
import { waitFor } from '../../tests/support/wait-for.ts'

// Real sockets and fsyncs, on a machine that may be busy.
vi.setConfig({ testTimeout: 30_000 })

const epoch = 1_700_000_000 * 65_536 + 7
const range = (firstSeq: number, lastSeq = firstSeq): SeqRange => ({
  stream: 'telemetry',
  epoch,
  firstSeq,
  lastSeq,
})
const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1)

async function receivedRanges(db: Awaited<ReturnType<typeof startTestIngest>>['db'], stream = 'telemetry') {
  const rows = await db
    .selectFrom('received_ranges')
    .select(['gateway', 'first_seq', 'last_seq'])
    .where('stream', '=', stream)
    .orderBy('gateway')
    .orderBy('first_seq')
    .execute()
  return rows.map(({ gateway, first_seq, last_seq }) => [gateway, first_seq, last_seq])
}

test('an acknowledgement arrives after its samples can be read by another program', async () => {
  await using ingest = await startTestIngest()
  await using gateway = await ingest.connect('school-a')
  using telemetry = new DatabaseSync(ingest.telemetryFile, { readOnly: true })
  using state = new DatabaseSync(ingest.stateFile, { readOnly: true })
  const sample = telemetry.prepare('SELECT count(*) AS n FROM samples WHERE value = ?')
  const booked = state.prepare(
    'SELECT count(*) AS n FROM received_ranges WHERE first_seq <= ? AND last_seq >= ?',
  )
  const early: string[] = []
  let seen = 0
  gateway.onDelivery = (message) => {
    if (message.kind !== 'ack') return
    for (const name of numbersOf(message)) {
      const seq = Number(name.split('/').at(-1))
      seen++
      if (sample.get(seq)?.n !== 1) early.push(`sample ${seq}`)
      if (booked.get(seq, seq)?.n !== 1) early.push(`range ${seq}`)
    }
  }
  await Promise.all(upTo(200).map((seq) => gateway.publish('live', batchOf(epoch, seq))))
  await gateway.acknowledged(range(1, 200))
  expect(early).toEqual([])
  expect(seen).toBe(200)
  // Acknowledgements that come close together travel together.
  expect(gateway.deliveries.length).toBeLessThan(200)
  expect(gateway.deliveries[0]).toMatchObject({ credit: { events: 8, live: 8, backfill: 4 } })
})

test('duplicates, overlapping ranges and any order end as each number once', async () => {
  await using ingest = await startTestIngest()
  await using gateway = await ingest.connect('school-a')
  const pieces: [number, number][] = [
    [5, 9],
    [1, 1],
    [7, 12],
    [2, 4],
    [5, 9],
    [14, 14],
    [20, 30],
    [10, 13],
    [1, 14],
    [15, 20],
    [30, 30],
  ]
  await Promise.all(
    pieces.map(([first, last], i) =>
      gateway.publish(i % 2 === 0 ? 'backfill' : 'live', batchOf(epoch, first, last)),
    ),
  )
  for (const [first, last] of pieces) await gateway.publish('backfill', batchOf(epoch, first, last))
  for (const [first, last] of pieces) await gateway.acknowledged(range(first, last))
  expect(await storedSeqs(ingest.telemetry, 'school-a')).toEqual(upTo(30))
  expect((await ingest.telemetry.stats()).samples).toBe(30)
  expect(await receivedRanges(ingest.db)).toEqual([['school-a', 1, 30]])
  const stream = await ingest.db
    .selectFrom('streams')
    .select(['started_at', 'produced_seq', 'received_samples'])
    .executeTakeFirst()
  expect(stream).toEqual({ started_at: 1_700_000_000_000, produced_seq: 30, received_samples: 30 })
  expect(gateway.refusals()).toEqual([])
})

test('equal numbers of two gateways, and of two epochs, are different things', async () => {
  await using ingest = await startTestIngest()
  await using a = await ingest.connect('school-a')
  await using b = await ingest.connect('school-b')
  await a.publish('live', batchOf(epoch, 1, 3))
  await b.publish('live', batchOf(epoch, 2, 3))
  await a.publish('live', batchOf(epoch + 65_536, 4, 4))
  await b.acknowledged(range(2, 3))
  await a.acknowledged(range(1, 3))
  await a.acknowledged({ ...range(4), epoch: epoch + 65_536 })
  expect(await receivedRanges(ingest.db)).toEqual([
    ['school-a', 1, 3],
    ['school-a', 4, 4],
    ['school-b', 2, 3],
  ])
})

test('an answer to a request is handed on under the name of who sent it; one that cannot be read harms nothing', async () => {
  const replies: [string, Reply][] = []
  await using ingest = await startTestIngest({
    hooks: { onReply: (gateway, reply) => void replies.push([gateway, reply]) },
  })
  await using gateway = await ingest.connect('school-a')
  const body: ReplyBody = { kind: 'buses', buses: [] }
  const reply: Reply = { v: 1, id: 'r-1', part: 0, last: true, ok: true, body }
  await gateway.publish('reply', Buffer.from('{"v":1}'))
  await gateway.publish('reply', reply)
  expect(replies).toEqual([['school-a', reply]])
  expect(gateway.refusals()).toEqual([])
  expect(await ingest.count('campus_ingest_messages_total', { outcome: 'invalid', channel: 'reply' })).toBe(1)
})

test('garbage is refused for ever with a reason, counted, and harms nobody', async () => {
  await using ingest = await startTestIngest()
  await using bad = await ingest.connect('school-a')
  await using good = await ingest.connect('school-b')
  const damaged = batchOf(epoch, 77)
  damaged.set([damaged.at(-6) === 1 ? 2 : 1], damaged.length - 6)
  const garbage = [new Uint8Array(0), new Uint8Array(5000).fill(255), Buffer.from('{"v":1}'), damaged]
  for (const payload of garbage) {
    // Each of these resolves: PUBACK is given, so that an MQTT client does not send it again for ever.
    await bad.publish('live', payload)
    await bad.publish('backfill', payload)
    await bad.publish('events', payload)
    await bad.publish('state', payload)
    await good.publish('live', batchOf(epoch, garbage.indexOf(payload) + 1))
  }
  await waitFor(() => expect(bad.refusals()).toHaveLength(garbage.length * 3))
  for (const refusal of bad.refusals()) {
    expect(refusal.code).toBe('MESSAGE_INVALID')
    expect(refusal.message.length).toBeGreaterThan(10)
    expect(refusal.retryAfterMs).toBeUndefined()
  }
  await good.acknowledged(range(1, garbage.length))
  await bad.publish('live', batchOf(epoch, 1))
  await bad.acknowledged(range(1))
  expect(await ingest.count('campus_ingest_messages_total', { outcome: 'invalid' })).toBe(garbage.length * 4)
  const lines = ingest.logs.filter(({ msg }) => msg === 'message refused for ever')
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatchObject({ gateway: 'school-a' })
})

test('while the store fails nothing is acknowledged; afterwards everything is', async () => {
  let failing = true
  const wrap = (store: TelemetryStore): TelemetryStore =>
    new Proxy(store, {
      get(target, name) {
        if (name === 'append' && failing) {
          return () => Promise.reject(new AppError('STORE_UNAVAILABLE', 'disk full'))
        }
        const member: unknown = Reflect.get(target, name, target)
        return typeof member === 'function' ? member.bind(target) : member
      },
    })
  await using ingest = await startTestIngest({ wrap })
  await using gateway = await ingest.connect('school-a')
  await gateway.publish('live', batchOf(epoch, 1))
  await gateway.publish('backfill', batchOf(epoch, 2, 4))
  await waitFor(() => expect(gateway.refusals()).toHaveLength(2))
  expect(gateway.deliveries).toHaveLength(2)
  expect(gateway.refusals().map(({ range: refused }) => refused)).toEqual([range(1), range(2, 4)])
  for (const refusal of gateway.refusals()) {
    expect(refusal.code).toBe('STORE_UNAVAILABLE')
    expect(refusal.retryAfterMs).toBeGreaterThan(0)
  }
  expect(await receivedRanges(ingest.db)).toEqual([])
  failing = false
  await gateway.publish('live', batchOf(epoch, 1))
  await gateway.publish('backfill', batchOf(epoch, 2, 4))
  await gateway.acknowledged(range(1, 4))
  expect(await storedSeqs(ingest.telemetry, 'school-a')).toEqual([1, 2, 3, 4])
})

test('a ledger that can not be written acknowledges nothing, and sending again stores nothing twice', async () => {
  await using ingest = await startTestIngest()
  await using gateway = await ingest.connect('school-a')
  await gateway.publish('live', batchOf(epoch, 1))
  await gateway.acknowledged(range(1))
  await ingest.db.schema.alterTable('streams').renameTo('streams_away').execute()
  await gateway.publish('live', batchOf(epoch, 2))
  await waitFor(() => expect(gateway.refusals()).toHaveLength(1))
  expect(gateway.refusals()[0]?.range).toEqual(range(2))
  await ingest.db.schema.alterTable('streams_away').renameTo('streams').execute()
  expect(await receivedRanges(ingest.db)).toEqual([['school-a', 1, 1]])
  await gateway.publish('live', batchOf(epoch, 2))
  await gateway.acknowledged(range(2))
  expect((await ingest.telemetry.stats()).samples).toBe(2)
})

test('too much in hand is refused with a time to wait, and the credit shrinks; small messages still pass', async () => {
  let release = (): void => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const wrap = (store: TelemetryStore): TelemetryStore => ({
    append: async (batches) => {
      await held
      await store.append(batches)
    },
    latest: (points) => store.latest(points),
    range: (points, period, limit) => store.range(points, period, limit),
    buckets: (points, period, bucket) => store.buckets(points, period, bucket),
    prune: (before) => store.prune(before),
    stats: () => store.stats(),
    [Symbol.asyncDispose]: async () => {},
  })
  const config = { inFlightPerGateway: '24KB', inFlightTotal: '48KB' }
  await using ingest = await startTestIngest({ wrap, config })
  await using gateway = await ingest.connect('school-a')
  await using other = await ingest.connect('school-b')
  const sending = [1, 2, 3].map((i) =>
    gateway.publish('backfill', batchOf(epoch, i * 1000 + 1, i * 1000 + 600)),
  )
  await waitFor(() => expect(gateway.refusals().length).toBeGreaterThan(0))
  expect(gateway.refusals()[0]).toMatchObject({ code: 'RATE_LIMITED', range: range(2001, 2600) })
  expect(gateway.refusals()[0]?.retryAfterMs).toBeGreaterThan(0)
  sending.push(other.publish('backfill', batchOf(epoch, 1, 600)))
  await waitFor(async () =>
    expect(await ingest.count('campus_ingest_in_flight_bytes')).toBeGreaterThan(25_000),
  )
  sending.push(other.publish('backfill', batchOf(epoch, 601, 1200)))
  await waitFor(() => expect(other.refusals().length).toBeGreaterThan(0))
  expect(other.refusals()[0]?.credit).toEqual({ events: 8, live: 8, backfill: 1 })
  release()
  await gateway.acknowledged(range(1001, 1600))
  await other.acknowledged(range(1, 600))
  await Promise.all(sending)
  await gateway.publish('backfill', batchOf(epoch, 2001, 2600))
  await gateway.acknowledged(range(2001, 2600))
  expect(await ingest.count('campus_ingest_in_flight_bytes')).toBe(0)
})

test('listeners hear samples after the commit, with late ones marked; one that throws harms nothing', async () => {
  const heard: unknown[] = []
  await using ingest = await startTestIngest({
    hooks: {
      onSamples: (gateway, samples, { late }) => {
        heard.push([gateway, samples.points[0], [...samples.value], late])
        throw new Error('listener')
      },
    },
  })
  await using gateway = await ingest.connect('school-a')
  await gateway.publish('live', batchOf(epoch, 2))
  await gateway.acknowledged(range(2))
  await gateway.publish('backfill', batchOf(epoch, 1))
  await gateway.acknowledged(range(1))
  await gateway.publish('live', batchOf(epoch, 2))
  await waitFor(async () =>
    expect(await ingest.count('campus_ingest_messages_total', { outcome: 'duplicate' })).toBe(1),
  )
  expect(heard).toEqual([
    ['school-a', 'm-1/seq', [2], false],
    ['school-a', 'm-1/seq', [1], true],
  ])
  expect(await ingest.count('campus_ingest_hook_errors_total')).toBe(2)
  expect(await ingest.telemetry.latest(['school-a/m-1/seq'])).toMatchObject([{ t: timeOf(2) }])
})

function alarm(state: 'raised' | 'cleared', at: number): AlarmEvent {
  return {
    kind: 'alarm',
    occurrence: 'o-1',
    rule: 'lux-low',
    point: 'lux-1/illuminance',
    state,
    priority: 3,
    at,
    value: state === 'raised' ? 280.5 : 330,
    limit: 300,
    title: { en: 'Too dark', zh: '照度低' },
  }
}

function eventsOf(firstSeq: number, ...events: GatewayEvent[]): EventsMessage {
  return { v: 1, epoch, firstSeq, events }
}

test('events are stored once, whatever order they come in and however often', async () => {
  const heard: string[] = []
  await using ingest = await startTestIngest({
    hooks: {
      onEvent: (_gateway, event) => void heard.push(event.kind === 'alarm' ? event.state : event.kind),
    },
  })
  await using gateway = await ingest.connect('school-a')
  const drop: DropEvent = {
    kind: 'drop',
    stream: 'telemetry',
    epoch,
    firstSeq: 4,
    lastSeq: 9,
    samples: 600,
    reason: 'disk-budget',
    at: 5000,
    from: 1000,
    to: 2000,
  }
  const result: GatewayEvent = {
    kind: 'command-result',
    id: 'c-1',
    point: 'relay-1/on',
    state: 'done',
    at: 7,
    verified: true,
    readBack: true,
  }
  await gateway.publish('events', eventsOf(2, alarm('cleared', 2000), drop))
  await gateway.acknowledged({ stream: 'events', epoch, firstSeq: 2, lastSeq: 3 })
  await gateway.publish('events', eventsOf(1, alarm('raised', 1000), alarm('cleared', 2000), drop, result))
  await gateway.publish('events', eventsOf(4, result))
  await gateway.publish('events', eventsOf(5, { ...result, state: 'accepted', at: 6 }))
  await gateway.acknowledged({ stream: 'events', epoch, firstSeq: 1, lastSeq: 5 })
  expect(heard).toEqual(['cleared', 'drop', 'raised', 'command-result', 'command-result'])
  const alarms = await ingest.db.selectFrom('alarm_events').selectAll().execute()
  expect(alarms).toMatchObject([
    {
      gateway: 'school-a',
      occurrence: 'o-1',
      state: 'cleared',
      raised_at: 1000,
      cleared_at: 2000,
      raise_value_json: '280.5',
      limit_value: 300,
      title_zh: '照度低',
    },
  ])
  expect(await ingest.db.selectFrom('dropped_ranges').selectAll().execute()).toMatchObject([
    {
      stream: 'telemetry',
      first_seq: 4,
      last_seq: 9,
      samples: 600,
      reason: 'disk-budget',
      from_t: 1000,
      to_t: 2000,
    },
  ])
  expect(await ingest.db.selectFrom('command_results').selectAll().execute()).toMatchObject([
    { id: 'c-1', state: 'done', verified: 1, read_back_json: 'true' },
  ])
  expect(await receivedRanges(ingest.db, 'events')).toEqual([['school-a', 1, 5]])
})

test('an event that can not be stored keeps back nobody else', async () => {
  await using ingest = await startTestIngest()
  await using a = await ingest.connect('school-a')
  await using b = await ingest.connect('school-b')
  await ingest.db.schema.alterTable('command_results').renameTo('elsewhere').execute()
  const result: GatewayEvent = {
    kind: 'command-result',
    id: 'c-1',
    point: 'relay-1/on',
    state: 'done',
    at: 7,
  }
  const link: GatewayEvent = { kind: 'link', device: 'relay-1', state: 'down', at: 3, reason: 'timeout' }
  await Promise.all([
    a.publish('events', eventsOf(1, result)),
    b.publish('events', eventsOf(1, link)),
    a.publish('events', eventsOf(2, alarm('raised', 1))),
  ])
  await b.acknowledged({ stream: 'events', epoch, firstSeq: 1, lastSeq: 1 })
  await a.acknowledged({ stream: 'events', epoch, firstSeq: 2, lastSeq: 2 })
  expect(a.refusals()).toMatchObject([
    { range: { stream: 'events', firstSeq: 1 }, retryAfterMs: expect.any(Number) },
  ])
  // The catalogue has not come yet: the state of the link waits for it.
  expect(await ingest.db.selectFrom('devices').selectAll().execute()).toMatchObject([
    { gateway: 'school-b', id: 'relay-1', link_state: 'down', link_reason: 'timeout', removed_at: 3 },
  ])
})

test('what a gateway says it produced is booked, and only grows', async () => {
  const states: string[] = []
  await using ingest = await startTestIngest({
    hooks: { onState: (_gateway, { kind }) => void states.push(kind) },
  })
  await using gateway = await ingest.connect('school-a')
  const produced = (lastSeq: number, samples: number) => [
    { stream: 'telemetry' as const, epoch, lastSeq, samples },
  ]
  await gateway.publish('state', {
    v: 1,
    kind: 'birth',
    at: Date.now(),
    startedAt: 1,
    software: '0.1.0',
    runtime: 'node',
    configVersion: 'c',
    catalogueVersion: 'k',
    produced: produced(10, 900),
  })
  await gateway.publish('state', {
    v: 1,
    kind: 'status',
    at: Date.now(),
    backlog: [],
    produced: produced(8, 700),
    diskBudget: 1,
    diskUsed: 0,
    devices: { total: 0, up: 0, down: 0 },
    rssBytes: 1,
  })
  await gateway.publish('live', batchOf(epoch, 12))
  await gateway.acknowledged(range(12))
  expect(states).toEqual(['birth', 'status'])
  expect(await ingest.db.selectFrom('streams').selectAll().execute()).toMatchObject([
    { produced_seq: 12, produced_samples: 900, received_samples: 1 },
  ])
})

test('a batch of another time and shape is stored with its own times', async () => {
  await using ingest = await startTestIngest()
  await using gateway = await ingest.connect('school-a')
  const samples = columnsOf([
    { point: 'door-1/open', t: 0, value: true, quality: 192 },
    { point: 'door-1/mode', t: 4_102_444_800_001, value: '自动', quality: 192 },
    { point: 'door-1/lost', t: -1, value: null, quality: 5 },
  ])
  await gateway.publish('live', encodeTelemetry({ epoch, firstSeq: 1, lastSeq: 1, samples }))
  await gateway.acknowledged(range(1))
  const points = ['open', 'mode', 'lost'].map((name) => `school-a/door-1/${name}`)
  expect(await ingest.telemetry.latest(points)).toEqual([
    { point: points[0], t: 0, value: true, quality: 'good' },
    { point: points[1], t: 4_102_444_800_001, value: '自动', quality: 'good' },
    { point: points[2], t: -1, value: null, quality: 'bad', reason: 'timeout' },
  ])
})
