import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { decodeTelemetry } from '#contract/codec.ts'
import { samplesOf } from '#contract/columns.ts'
import type { LinkEvent } from '#contract/events.ts'
import { good } from '#contract/quality.ts'
import type { Sample } from '#contract/sample.ts'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { beginning, type EncodedBatch, type NumberedEvent } from './batch.ts'
import { type Outbox, openOutbox } from './outbox.ts'
import { defaultOutboxSettings, type OutboxSettings } from './outbox-config.ts'

const log = createLogger({ level: 'silent' })
const until = { epoch: Number.MAX_SAFE_INTEGER, seq: Number.MAX_SAFE_INTEGER }

function open(folder: string, settings: Partial<OutboxSettings> = {}): Promise<Outbox> {
  const path = join(folder, 'outbox.db')
  return openOutbox({ path, settings: { ...defaultOutboxSettings, ...settings }, clock: systemClock, log })
}

function tempFolder() {
  return mkdtempDisposable(join(tmpdir(), 'outbox-'))
}

function samples(from: number, count: number): Sample[] {
  return Array.from({ length: count }, (_, i) => ({
    point: `meter-${(from + i) % 7}/power`,
    t: 1_700_000_000_000 + (from + i) * 10,
    value: from + i,
    quality: good,
  }))
}

function linkUp(device: string): LinkEvent {
  return { kind: 'link', device, state: 'up', at: 1_700_000_000_000 }
}

async function eventsOf(outbox: Outbox): Promise<readonly NumberedEvent[]> {
  return (await outbox.events(beginning, 10_000)).events
}

async function readAll(outbox: Outbox): Promise<{ values: number[]; ranges: string[] }> {
  const values: number[] = []
  const ranges: string[] = []
  let after = beginning
  for (;;) {
    const message = await outbox.backfill({ after, until, skip: [] })
    if (message === undefined) return { values: values.sort((a, b) => a - b), ranges }
    const decoded = decodeTelemetry(message.payload)
    if (!decoded.ok) throw new Error(decoded.reason)
    expect(decoded.value).toMatchObject({ firstSeq: message.firstSeq, lastSeq: message.lastSeq })
    values.push(...samplesOf(decoded.value.samples).map(({ value }) => Number(value)))
    ranges.push(`${message.firstSeq}-${message.lastSeq}`)
    after = { epoch: message.epoch, seq: message.lastSeq }
  }
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i)

test('everything appended is there after closing and opening again, under the same numbers', async () => {
  await using folder = await tempFolder()
  let epoch: number
  {
    await using outbox = await open(folder.path, { commitSamples: 100 })
    epoch = outbox.stats().epoch
    outbox.append(samples(0, 1_050))
  }
  await using outbox = await open(folder.path, { commitSamples: 100, backfillSamples: 300 })
  expect(outbox.stats().epoch).toBeGreaterThan(epoch)
  expect(outbox.stats().produced).toEqual([{ stream: 'telemetry', epoch, lastSeq: 11, samples: 1_050 }])
  expect(outbox.stats().telemetry).toMatchObject({ batches: 11, samples: 1_050, oldestAt: 1_700_000_000_000 })
  const { values, ranges } = await readAll(outbox)
  expect(values).toEqual(upTo(1_050))
  expect(ranges).toEqual(['1-3', '4-6', '7-9', '10-11'])
})

test('samples are committed by age when there are too few of them', async () => {
  await using folder = await tempFolder()
  await using outbox = await open(folder.path, { commitEveryMs: 30 })
  const announced: EncodedBatch[] = []
  outbox.subscribe({ event: () => {}, batch: (batch) => announced.push(batch) })
  outbox.append(samples(0, 3))
  await vi.waitFor(() => expect(announced).toMatchObject([{ seq: 1, samples: 3 }]))
  expect(outbox.lastStored()).toEqual({ epoch: outbox.stats().epoch, seq: 1 })
})

test('confirmed batches are deleted, hidden at once, and leave no hole in what is merged around them', async () => {
  await using folder = await tempFolder()
  await using outbox = await open(folder.path, { commitSamples: 10 })
  const { epoch } = outbox.stats()
  outbox.append(samples(0, 100))
  await outbox.flush()
  outbox.confirm([{ stream: 'telemetry', epoch, firstSeq: 4, lastSeq: 5 }])
  expect((await readAll(outbox)).ranges).toEqual(['1-3', '6-10'])
  await vi.waitFor(() => expect(outbox.stats().telemetry).toMatchObject({ batches: 8, samples: 80 }))
  expect((await readAll(outbox)).ranges).toEqual(['1-3', '6-10'])
})

test('ranges that are on their way on another lane are skipped', async () => {
  await using folder = await tempFolder()
  await using outbox = await open(folder.path, { commitSamples: 10 })
  const { epoch } = outbox.stats()
  outbox.append(samples(0, 50))
  await outbox.flush()
  const skip = [{ epoch, firstSeq: 1, lastSeq: 2 }]
  expect(await outbox.backfill({ after: beginning, until, skip })).toMatchObject({ firstSeq: 3, lastSeq: 5 })
  expect(await outbox.backfill({ after: beginning, until: { epoch, seq: 2 }, skip })).toBeUndefined()
})

test('an event is announced before it is durable, and read back in order with what is still in memory', async () => {
  await using folder = await tempFolder()
  await using outbox = await open(folder.path)
  const announced: NumberedEvent[] = []
  outbox.subscribe({ event: (event) => announced.push(event), batch: () => {} })
  const first = outbox.appendEvent(linkUp('a'))
  expect(announced).toMatchObject([{ seq: 1, event: { device: 'a' } }])
  const both = eventsOf(outbox)
  void outbox.appendEvent(linkUp('b'))
  expect((await both).map(({ seq }) => seq)).toEqual([1, 2])
  await first
  outbox.confirm([{ stream: 'events', epoch: outbox.stats().epoch, firstSeq: 1, lastSeq: 1 }])
  expect((await eventsOf(outbox)).map(({ seq }) => seq)).toEqual([2])
})

test('over the disk budget the oldest telemetry goes first and every dropped range is reported', async () => {
  await using folder = await tempFolder()
  const diskBudgetBytes = 1_000_000
  await using outbox = await open(folder.path, { commitSamples: 500, diskBudgetBytes })
  const { epoch } = outbox.stats()
  await outbox.appendEvent(linkUp('kept'))
  for (let i = 0; i < 40; i++) {
    outbox.append(noise(i, 5_000))
    await outbox.flush()
    expect(outbox.stats().diskUsed).toBeLessThan(diskBudgetBytes * 1.1)
  }
  const events = (await eventsOf(outbox)).map(({ event }) => event)
  expect(events[0]).toMatchObject({ kind: 'link', device: 'kept' })
  const drops = events.filter((event) => event.kind === 'drop')
  expect(drops.length).toBeGreaterThan(1)
  let next = 1
  for (const drop of drops) {
    expect(drop).toMatchObject({ stream: 'telemetry', epoch, firstSeq: next, reason: 'disk-budget' })
    next = drop.lastSeq + 1
  }
  const left = outbox.stats().telemetry
  expect(next - 1 + left.batches).toBe(400)
  expect(drops.reduce((sum, drop) => sum + drop.samples, 0) + left.samples).toBe(200_000)
  expect((await outbox.backfill({ after: beginning, until, skip: [] }))?.firstSeq).toBe(next)
  expect(outbox.stats().dropped.samples).toBe(drops.reduce((sum, drop) => sum + drop.samples, 0))
})

test('where events are configured to go first, they do, and telemetry only when there are none left', async () => {
  await using folder = await tempFolder()
  const settings = { dropFirst: 'events', commitSamples: 500, diskBudgetBytes: 1_000_000 } as const
  await using outbox = await open(folder.path, settings)
  await Promise.all(Array.from({ length: 1_000 }, (_, i) => outbox.appendEvent(linkUp(`old-${i}`))))
  outbox.append(noise(0, 5_000))
  await outbox.flush()
  const before = outbox.stats().telemetry.batches
  for (let i = 1; outbox.stats().dropped.events === 0 && i < 40; i++) {
    outbox.append(noise(i, 5_000))
    await outbox.flush()
  }
  expect(outbox.stats().dropped.events).toBeGreaterThan(0)
  expect(outbox.stats().dropped.samples).toBe(0)
  expect(outbox.stats().telemetry.batches).toBeGreaterThan(before)
  expect(
    (await eventsOf(outbox)).some(({ event }) => event.kind === 'link' && event.device === 'old-0'),
  ).toBe(false)
})

test('a permanent refusal deletes and is reported once', async () => {
  await using folder = await tempFolder()
  await using outbox = await open(folder.path, { commitSamples: 10 })
  const { epoch } = outbox.stats()
  outbox.append(samples(0, 30))
  await outbox.flush()
  const range = { stream: 'telemetry', epoch, firstSeq: 2, lastSeq: 2 } as const
  outbox.drop([{ ...range, samples: 10, reason: 'refused', at: 1 }])
  await vi.waitFor(async () => expect(await eventsOf(outbox)).toHaveLength(1))
  expect((await eventsOf(outbox))[0]?.event).toMatchObject({
    kind: 'drop',
    ...range,
    samples: 10,
  })
  expect((await readAll(outbox)).ranges).toEqual(['1-1', '3-3'])
})

test('file space comes back after the backlog was delivered', async () => {
  await using folder = await tempFolder()
  await using outbox = await open(folder.path, { diskBudgetBytes: 8 * 1024 ** 2 })
  const { epoch } = outbox.stats()
  for (let i = 0; i < 10; i++) {
    outbox.append(noise(i, 40_000))
    await outbox.flush()
  }
  const full = outbox.stats().diskUsed
  expect(full).toBeGreaterThan(3_000_000)
  outbox.confirm([{ stream: 'telemetry', epoch, firstSeq: 1, lastSeq: outbox.lastStored().seq }])
  await vi.waitFor(() => expect(outbox.stats().telemetry.batches).toBe(0))
  for (let i = 0; i < 5; i++) {
    outbox.append(samples(0, 1))
    await outbox.flush()
  }
  expect(outbox.stats().diskUsed).toBeLessThan(full * 0.6)
})

/** Values that compress badly, so that a small budget fills quickly. */
function noise(seed: number, count: number): Sample[] {
  let state = seed + 1
  return samples(0, count).map((sample) => {
    state = (state * 48_271) % 2_147_483_647
    return { ...sample, value: state / 1e9 }
  })
}
