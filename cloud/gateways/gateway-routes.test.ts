import { expect, test } from 'vitest'
import type { Database } from '#cloud/state/database.ts'
import type { Ledger, LedgerDay } from '#contract/api/ledger.ts'
import { seedInventory, testApi } from '../../tests/support/test-api.ts'
import { GatewayRepository } from './gateway-repository.ts'
import { gatewayRoutes } from './gateway-routes.ts'
import { pruneLedgerDays } from './ledger-day.ts'

const start = () => testApi({ api: (api, { db }) => gatewayRoutes(api, db) })

const status = {
  v: 1 as const,
  kind: 'status' as const,
  at: Date.UTC(2026, 0, 5, 1),
  backlog: [
    {
      lane: 'backfill' as const,
      batches: 3,
      samples: 150,
      bytes: 900,
      oldestAt: Date.UTC(2026, 0, 5),
      drainPerS: 2.5,
    },
  ],
  produced: [],
  diskBudget: 1_000,
  diskUsed: 10,
  autonomyH: 72.5,
  devices: { total: 3, up: 2, down: 1 },
  rssBytes: 90_000_000,
}

test('no route answers without a session', async () => {
  await using api = await start()
  for (const url of ['/api/v1/gateways', '/api/v1/gateways/school-a', '/api/v1/gateways/school-a/ledger']) {
    expect(await api.get(url, {})).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } })
  }
})

test('an empty cloud has an empty list, and no gateway is a clear error', async () => {
  await using api = await start()
  expect(await api.get('/api/v1/gateways')).toMatchObject({ status: 200, body: { items: [] } })
  for (const url of ['/api/v1/gateways/school-x', '/api/v1/gateways/school-x/ledger']) {
    expect(await api.get(url)).toMatchObject({
      status: 404,
      body: { code: 'NOT_FOUND', message: 'there is no gateway school-x' },
    })
  }
  expect(await api.get('/api/v1/gateways/No_Id!')).toMatchObject({
    status: 400,
    body: { details: [{ path: 'path/id' }] },
  })
})

test('a gateway is shown as it described itself, with its backlog per lane and its autonomy', async () => {
  await using api = await start()
  await seedInventory(api.db)
  const gateways = new GatewayRepository(api.db)
  const now = api.clock.now()
  const birth = {
    at: now + 1_500,
    startedAt: now - 60_000,
    software: 'gw 0.1',
    runtime: 'node 24',
    configVersion: 'c1',
  }
  await gateways.connected('school-a', now)
  await gateways.birth(
    'school-a',
    { v: 1, kind: 'birth', catalogueVersion: 'k1', produced: [], ...birth },
    now,
  )
  await gateways.status('school-a', status, now)
  const { body } = await api.get('/api/v1/gateways/school-a')
  expect(body).toEqual({
    id: 'school-a',
    title: { zh: '一中', en: 'No. 1' },
    connected: true,
    connectedAt: '2026-01-05T00:00:00.000Z',
    lastSeenAt: '2026-01-05T00:00:00.000Z',
    startedAt: '2026-01-04T23:59:00.000Z',
    software: 'gw 0.1',
    runtime: 'node 24',
    configVersion: 'c1',
    clockOffsetMs: 3_600_000,
    status: {
      at: '2026-01-05T01:00:00.000Z',
      backlog: [
        {
          lane: 'backfill',
          batches: 3,
          samples: 150,
          bytes: 900,
          oldestAt: '2026-01-05T00:00:00.000Z',
          drainPerS: 2.5,
        },
      ],
      diskBudget: 1_000,
      diskUsed: 10,
      autonomyH: 72.5,
      devices: { total: 3, up: 2, down: 1 },
      rssBytes: 90_000_000,
    },
  })
  await gateways.disconnected('school-a')
  const away = (await api.get('/api/v1/gateways/school-a')).body
  expect(away).toMatchObject({ connected: false, lastSeenAt: '2026-01-05T00:00:00.000Z' })
  expect(away).not.toHaveProperty('connectedAt')
})

test('a clock that is nowhere does not break the list', async () => {
  await using api = await start()
  await seedInventory(api.db)
  await new GatewayRepository(api.db).status('school-a', { ...status, at: Number.MAX_SAFE_INTEGER }, 0)
  expect(await api.get('/api/v1/gateways')).toMatchObject({
    status: 200,
    body: { items: [{ status: { at: '9999-12-31T00:00:00.000Z' } }] },
  })
})

test('the pages of the list hold everything once', async () => {
  await using api = await start()
  const ids = ['a-1', 'a-2', 'a-3', 'a-4', 'a-5']
  const provisioned = ids.map((id) => ({ id, title: {}, tokenHash: 'x' }))
  await new GatewayRepository(api.db).provision(provisioned, 1)
  const seen: string[] = []
  let cursor = ''
  do {
    const { body } = await api.get(`/api/v1/gateways?limit=2${cursor}`)
    const { items, nextCursor } = body as { items: { id: string }[]; nextCursor?: string }
    seen.push(...items.map(({ id }) => id))
    cursor = nextCursor === undefined ? '' : `&cursor=${nextCursor}`
  } while (cursor !== '')
  expect(seen).toEqual(ids)
  for (const bad of ['nonsense', Buffer.from('[1,2]').toString('base64url')]) {
    expect(await api.get(`/api/v1/gateways?cursor=${bad}`)).toMatchObject({
      status: 400,
      body: { details: [{ path: 'query/cursor' }] },
    })
  }
  expect((await api.get('/api/v1/gateways?limit=0&x=1')).body).toMatchObject({
    details: [{ path: 'query/x' }, { path: 'query/limit' }],
  })
})

test('a gateway taken out of the configuration may not connect any more and keeps its history', async () => {
  await using api = await start()
  const gateways = new GatewayRepository(api.db)
  await gateways.provision(
    [
      { id: 'school-a', title: {}, tokenHash: 'aa' },
      { id: 'school-b', title: {}, tokenHash: 'bb' },
    ],
    1,
  )
  await gateways.connected('school-a', 5)
  await gateways.provision([{ id: 'school-b', title: { en: 'B' }, tokenHash: 'b2' }], 2)
  expect([await gateways.tokenHash('school-a'), await gateways.tokenHash('school-b')]).toEqual([
    {},
    { good: 'b2' },
  ])
  expect(await gateways.byId('school-a')).toMatchObject({ connected: 0, last_seen_at: 5 })
  expect(await gateways.byId('school-b')).toMatchObject({ title_en: 'B' })
})

const first = Date.UTC(2026, 0, 5)
const second = first + 3_600_000

async function seedLedger(db: Database): Promise<void> {
  await seedInventory(db)
  const stream = { gateway: 'school-a', stream: 'telemetry' }
  const samples = { produced_samples: 500, received_samples: 300 }
  const range = { ...stream, received_at: second }
  await db
    .insertInto('streams')
    .values([
      { ...stream, epoch: 1, started_at: first, produced_seq: 10, ...samples },
      { ...stream, epoch: 2, started_at: second, produced_seq: 4, ...samples },
    ])
    .execute()
  await db
    .insertInto('received_ranges')
    .values([
      { ...range, epoch: 1, first_seq: 1, last_seq: 3 },
      { ...range, epoch: 1, first_seq: 7, last_seq: 8 },
      { ...range, epoch: 2, first_seq: 1, last_seq: 4 },
    ])
    .execute()
  const lost = { samples: 40, reason: 'disk-budget', at: second, from_t: first, to_t: null }
  await db
    .insertInto('dropped_ranges')
    .values({ ...stream, epoch: 1, first_seq: 4, last_seq: 5, ...lost })
    .execute()
}

test('the ledger explains every number: received, dropped or owed', async () => {
  await using api = await start()
  await seedLedger(api.db)
  const { body } = await api.get('/api/v1/gateways/school-a/ledger')
  const { streams } = body as Ledger
  expect(streams.map(({ epoch, owed }) => [epoch, owed])).toEqual([
    [2, []],
    [
      1,
      [
        [6, 6],
        [9, 10],
      ],
    ],
  ])
  expect(streams[1]).toMatchObject({
    stream: 'telemetry',
    startedAt: '2026-01-05T00:00:00.000Z',
    produced: 10,
    producedSamples: 500,
    received: [
      [1, 3],
      [7, 8],
    ],
    receivedSamples: 300,
    dropped: [
      {
        firstSeq: 4,
        lastSeq: 5,
        samples: 40,
        reason: 'disk-budget',
        at: '2026-01-05T01:00:00.000Z',
        from: '2026-01-05T00:00:00.000Z',
      },
    ],
  })
})

test('samples that arrived since the gateway last counted them are counted as produced', async () => {
  await using api = await start()
  await seedLedger(api.db)
  await api.db.updateTable('streams').set({ received_samples: 520 }).execute()
  const { streams } = (await api.get('/api/v1/gateways/school-a/ledger')).body as Ledger
  expect(streams.map(({ producedSamples }) => producedSamples)).toEqual([520, 560])
})

test('the ledger of a period has the epochs that were alive in it', async () => {
  await using api = await start()
  await seedLedger(api.db)
  const epochs = async (query: string) => {
    const { body } = await api.get(`/api/v1/gateways/school-a/ledger?${query}`)
    return (body as Ledger).streams.map(({ epoch }) => epoch)
  }
  expect(await epochs(`to=${second}`)).toEqual([1])
  expect(await epochs(`from=${second}`)).toEqual([2])
  expect(await epochs(`from=${second - 1}&to=${second + 1}`)).toEqual([2, 1])
  expect(await epochs('from=2026-01-05T09:00:00%2B08:00')).toEqual([2])
  expect(await epochs(`to=${first}`)).toEqual([])
  expect((await api.get('/api/v1/gateways/school-a/ledger?from=yesterday&to=x')).body).toMatchObject({
    details: [{ path: 'query/from' }, { path: 'query/to' }],
  })
  expect((await api.get('/api/v1/gateways/school-a/ledger?from=5&to=5')).status).toBe(400)
})

/** 2026-01-05 on a clock in China: two runs, of which the second began at nine in the morning. */
async function seedDay(db: Database): Promise<void> {
  await seedLedger(db)
  await db
    .updateTable('received_ranges')
    .set({ received_at: first + 1_000 })
    .execute()
  const row = { gateway: 'school-a', day: '2026-01-05', stream: 'telemetry', epoch: 1 }
  await db
    .insertInto('received_days')
    .values([
      { ...row, lane: 'live', first_seq: 1, last_seq: 3, batches: 3, samples: 30 },
      { ...row, lane: 'backfill', first_seq: 7, last_seq: 8, batches: 2, samples: 20 },
      { ...row, epoch: 2, lane: 'live', first_seq: 1, last_seq: 4, batches: 4, samples: 40 },
      {
        ...row,
        day: '2026-01-06',
        epoch: 2,
        lane: 'live',
        first_seq: 5,
        last_seq: 5,
        batches: 1,
        samples: 7,
      },
    ])
    .execute()
}

const dayOf = async (api: Awaited<ReturnType<typeof start>>, day: string) => {
  const { body, status } = await api.get(`/api/v1/gateways/school-a/ledger/${day}`)
  expect(status).toBe(200)
  const [telemetry, events] = (body as LedgerDay).streams
  return { ...(body as LedgerDay), telemetry, events }
}

test('a day has what arrived on it by lane, what was lost of it and why, what is owed, and the totals', async () => {
  await using api = await start()
  await seedDay(api.db)
  const { telemetry, events, ...day } = await dayOf(api, '2026-01-05')
  expect(day).toMatchObject({
    ...{ gateway: 'school-a', day: '2026-01-05', recorded: true },
    ...{ from: '2026-01-04T16:00:00.000Z', to: '2026-01-05T16:00:00.000Z' },
  })
  expect(telemetry).toMatchObject({
    stream: 'telemetry',
    received: [
      { epoch: 2, lane: 'live', firstSeq: 1, lastSeq: 4, batches: 4, samples: 40 },
      { epoch: 1, lane: 'live', firstSeq: 1, lastSeq: 3, batches: 3, samples: 30 },
      { epoch: 1, lane: 'backfill', firstSeq: 7, lastSeq: 8, batches: 2, samples: 20 },
    ],
    dropped: [
      {
        epoch: 1,
        firstSeq: 4,
        lastSeq: 5,
        samples: 40,
        reason: 'disk-budget',
        at: '2026-01-05T01:00:00.000Z',
      },
    ],
    owed: [
      { epoch: 1, firstSeq: 6, lastSeq: 6, since: '2026-01-05T01:00:00.000Z' },
      { epoch: 1, firstSeq: 9, lastSeq: 10, since: '2026-01-05T00:00:01.000Z' },
    ],
    totals: {
      received: { batches: 9, samples: 90 },
      dropped: { ranges: 1, batches: 2, samples: 40 },
      owed: { ranges: 2, batches: 3, samples: 160 },
    },
  })
  expect(events).toMatchObject({ received: [], dropped: [], owed: [], totals: { received: { batches: 0 } } })
})

test('a drop belongs to the days that were measured; what is owed to those of its run', async () => {
  await using api = await start()
  await seedDay(api.db)
  const dayMs = 86_400_000
  await api.db
    .updateTable('dropped_ranges')
    .set({ at: second + dayMs, from_t: first - dayMs, to_t: first })
    .execute()
  const lost = async (day: string) => (await dayOf(api, day)).telemetry?.totals.dropped.ranges
  expect([await lost('2026-01-03'), await lost('2026-01-04'), await lost('2026-01-05')]).toEqual([0, 1, 1])
  expect(await lost('2026-01-06')).toBe(0)
  await api.db.updateTable('dropped_ranges').set({ from_t: null, to_t: null }).execute()
  expect([await lost('2026-01-05'), await lost('2026-01-06')]).toEqual([0, 1])

  const next = (await dayOf(api, '2026-01-06')).telemetry
  expect(next?.received).toMatchObject([{ batches: 1, samples: 7 }])
  // The run that owes ended on the day before.
  expect(next?.owed).toEqual([])
})

test('of days before the first record it is said that nothing is known, and no day is a clear error', async () => {
  await using api = await start()
  await seedDay(api.db)
  expect((await dayOf(api, '2026-01-04')).recorded).toBe(false)
  expect((await dayOf(api, '2026-01-05')).recorded).toBe(true)
  expect(await pruneLedgerDays(api.db, '2026-01-06')).toBe(3)
  expect((await dayOf(api, '2026-01-05')).recorded).toBe(false)
  expect((await dayOf(api, '2026-01-06')).telemetry?.received).toHaveLength(1)
  for (const day of ['2026-02-30', 'today']) {
    expect(await api.get(`/api/v1/gateways/school-a/ledger/${day}`)).toMatchObject({
      status: 400,
      body: { details: [{ path: 'path/day' }] },
    })
  }
  expect((await api.get('/api/v1/gateways/school-x/ledger/2026-01-05')).status).toBe(404)
  expect((await api.get('/api/v1/gateways/school-a/ledger/2026-01-05', {})).status).toBe(401)
})

test('an account that contradicts itself is named on its day', async () => {
  await using api = await start()
  await seedDay(api.db)
  await api.db.updateTable('streams').set({ produced_samples: 500 }).where('epoch', '=', 2).execute()
  const { telemetry } = await dayOf(api, '2026-01-05')
  expect(telemetry?.imbalances).toEqual([{ epoch: 2, problem: 'samples-missing' }])
})
