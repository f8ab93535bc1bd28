import { describe, expect, test } from 'vitest'
import { good, qualityCodes, stale } from '#contract/quality.ts'
import type { Value } from '#contract/sample.ts'
import type { Device, ReportRule, ResolvedPoint } from '#gateway/profiles/device.ts'
import type { Reading } from '#gateway/southbound/driver.ts'
import { FakeClock } from '#lib/fake-clock.ts'
import { createLogger } from '#lib/logger.ts'
import type { PipelineSample } from './judge.ts'
import { createPipeline } from './pipeline.ts'

type Options = Partial<ReportRule> & { readonly staleAfterMs?: number }

/** One device with one point; times in the tests are ms after the start. */
function start({ staleAfterMs, ...rule }: Options = {}) {
  const clock = new FakeClock()
  const startedAt = clock.now()
  const report = { deadband: 0, minIntervalMs: 0, maxIntervalMs: 60_000, onChange: true, ...rule }
  const point = {
    id: 'x.v',
    kind: 'num',
    steps: [],
    report,
    ...(staleAfterMs === undefined ? {} : { staleAfterMs }),
  }
  const devices = [{ id: 'meter', points: [point as unknown as ResolvedPoint] } as unknown as Device]
  const pipeline = createPipeline({ devices, clock, log: createLogger({ level: 'silent' }) })
  const told: PipelineSample[] = []
  pipeline.subscribe((samples) => told.push(...samples))
  const accept = (t: number, value: Value, more: Partial<Reading> = {}) =>
    pipeline.accept([{ device: 'meter', point: 'x.v', t: startedAt + t, value, quality: good, ...more }])
  return {
    clock,
    pipeline,
    told,
    accept,
    /** A reading that arrives at the moment it was taken. */
    async at(t: number, value: Value, more: Partial<Reading> = {}) {
      await clock.advance(startedAt + t - clock.now())
      accept(t, value, more)
    },
    async tickAt(t: number) {
      await clock.advance(startedAt + t - clock.now())
      pipeline.tick()
    },
    seen: () => told.map(({ t, value }) => [t - startedAt, value]),
  }
}

describe('report by exception', () => {
  test('a number is told when it has moved by the deadband since it was last told', async () => {
    const run = start({ deadband: 0.5 })
    for (const [t, v] of [
      [0, 230],
      [1, 230.4],
      [2, 230.5],
      [3, 230.9],
      [4, 230],
      [5, 229.9],
    ] as const)
      await run.at(t, v)
    expect(run.seen()).toEqual([
      [0, 230],
      [2, 230.5],
      [4, 230],
    ])
  })
  test('a step of exactly the deadband counts, also where binary fractions say it is a little less', async () => {
    const run = start({ deadband: 0.1 })
    await run.at(0, 0.7)
    await run.at(1, 0.8) // 0.8 − 0.7 is 0.10000000000000009, 0.9 − 0.8 is 0.09999999999999998
    await run.at(2, 0.9)
    expect(run.told).toHaveLength(3)
  })
  test('a truth value or a text is told when it changes', async () => {
    const run = start()
    for (const [t, v] of [
      [0, true],
      [1, true],
      [2, false],
      [3, 'a'],
      [4, 'a'],
    ] as const)
      await run.at(t, v)
    expect(run.seen()).toEqual([
      [0, true],
      [2, false],
      [3, 'a'],
    ])
  })
  test('an unchanged value is told again when a reading comes after the maximum interval, with its own time', async () => {
    const run = start({ maxIntervalMs: 1000 })
    for (const t of [0, 400, 800, 1200, 1600]) await run.at(t, 7)
    await run.tickAt(60_000) // a heartbeat needs a beat: nothing is told again without a reading
    expect(run.seen()).toEqual([
      [0, 7],
      [1200, 7],
    ])
  })
  test('a point that is not worth telling on change is told at its heartbeat alone', async () => {
    const run = start({ maxIntervalMs: 1000, onChange: false })
    for (const t of [0, 400, 800, 1200]) await run.at(t, t)
    expect(run.seen()).toEqual([
      [0, 0],
      [1200, 1200],
    ])
  })
  test('within the minimum interval the last change waits, and is then told with its own time', async () => {
    const run = start({ minIntervalMs: 1000 })
    await run.at(0, 1)
    await run.at(300, 2)
    await run.at(600, 3)
    await run.tickAt(900)
    expect(run.told).toHaveLength(1)
    await run.tickAt(1000)
    expect(run.seen()).toEqual([
      [0, 1],
      [600, 3],
    ])
  })
  test('a change that waited is not lost when nobody ticked in time', async () => {
    const run = start({ minIntervalMs: 1000 })
    await run.at(0, 1)
    await run.at(600, 3)
    await run.at(5000, 4)
    expect(run.seen()).toEqual([
      [0, 1],
      [600, 3],
      [5000, 4],
    ])
  })
  test('a value that went back within the minimum interval has not changed', async () => {
    const run = start({ minIntervalMs: 1000 })
    await run.at(0, 1)
    await run.at(300, 2)
    await run.at(600, 1)
    await run.tickAt(2000)
    expect(run.seen()).toEqual([[0, 1]])
  })
})

describe('quality', () => {
  const refused = { quality: qualityCodes['bad:refused'] }
  test('a change of quality is told at once, after the change that was waiting', async () => {
    const run = start({ minIntervalMs: 10_000, deadband: 100 })
    await run.at(0, 1)
    await run.at(100, 200)
    await run.at(200, null, refused)
    await run.at(300, null, refused)
    await run.at(400, 1)
    expect(run.told.map(({ value, quality }) => [value, quality])).toEqual([
      [1, good],
      [200, good],
      [null, qualityCodes['bad:refused']],
      [1, good],
    ])
  })
  test('no new value within the limit: one stale sample, at the moment the limit ran out', async () => {
    const run = start({ staleAfterMs: 1000 })
    await run.at(0, 7)
    await run.at(500, 7)
    await run.tickAt(1499)
    expect(run.told).toHaveLength(1)
    await run.tickAt(1700)
    await run.tickAt(60_000)
    expect(run.seen()).toEqual([
      [0, 7],
      [1500, 7],
    ])
    expect(run.told[1]?.quality).toBe(stale)
    expect(run.pipeline.latest('meter/x.v')?.quality).toBe(stale)
    await run.at(61_000, 7)
    expect(run.told.at(-1)?.quality).toBe(good)
  })
  test('a value that is old when it arrives has used up its limit', async () => {
    const run = start({ staleAfterMs: 1000 })
    await run.clock.advance(5000)
    run.accept(0, 7)
    run.pipeline.tick()
    expect(run.seen()).toEqual([
      [0, 7],
      [1000, 7],
    ])
  })
  test('a bad point does not go stale: it already says why there is no value', async () => {
    const run = start({ staleAfterMs: 1000 })
    await run.at(0, 7)
    await run.at(100, null, refused)
    await run.tickAt(5000)
    expect(run.told).toHaveLength(2)
  })
  test('a value that was on its way while the point went stale is news', async () => {
    const run = start({ staleAfterMs: 1000 })
    await run.at(0, 7)
    await run.tickAt(1100)
    run.accept(990, 8)
    expect(run.told.at(-1)).toMatchObject({ value: 8, quality: good })
    expect(run.told.at(-1)?.late).toBeUndefined()
  })
})

describe('time', () => {
  test('the same value of the same moment is told once', async () => {
    const run = start({ maxIntervalMs: 0 })
    await run.at(0, 7)
    run.accept(0, 7)
    expect(run.told).toHaveLength(1)
    expect(run.pipeline.stats()).toMatchObject({ accepted: 2, duplicates: 1, reported: 1 })
  })
  test('late readings are told unthinned and marked, and are not the latest', async () => {
    const run = start({ deadband: 100 })
    await run.at(1000, 7)
    run.accept(100, 7.5, { late: true })
    run.accept(200, 7.6)
    expect(run.seen()).toEqual([
      [1000, 7],
      [100, 7.5],
      [200, 7.6],
    ])
    expect(run.told.map(({ late }) => late)).toEqual([undefined, true, true])
    expect(run.pipeline.latest('meter/x.v')?.value).toBe(7)
  })
  test('what a broker kept is the latest, and the device saying it again is told however little it moved', async () => {
    const run = start({ deadband: 5, minIntervalMs: 10_000 })
    await run.at(0, 20, { kept: true })
    expect(run.pipeline.latest('meter/x.v')).toMatchObject({ value: 20, kept: true })
    await run.at(1, 20, { kept: true })
    await run.at(2, 21)
    await run.at(3, 21.5)
    expect(run.told.map(({ value, kept }) => [value, kept])).toEqual([
      [20, true],
      [21, undefined],
    ])
  })
  test('the very message a broker had kept is news when the device sends it', async () => {
    const run = start()
    await run.at(5, 1)
    run.accept(5, 1)
    expect(run.told).toHaveLength(1)
    const other = start()
    await other.at(5, 1, { kept: true })
    other.accept(5, 1)
    other.accept(5, 1)
    expect(other.told.map(({ kept }) => kept)).toEqual([true, undefined])
  })
  test('a clock that is set back does not turn the present into history', async () => {
    const run = start({ minIntervalMs: 1000 })
    await run.at(0, 7)
    run.clock.step(-3_600_000)
    run.accept(-3_600_000 + 10, 8)
    expect(run.told.at(-1)).toEqual({ point: 'meter/x.v', t: expect.any(Number), value: 8, quality: good })
  })
  test('a clock that jumps ahead makes nothing stale', async () => {
    const run = start({ staleAfterMs: 1000 })
    await run.at(0, 7)
    run.clock.step(3_600_000)
    run.pipeline.tick()
    expect(run.told).toHaveLength(1)
  })
})

test('a subscriber that fails takes nothing from the others, and one that left hears nothing', async () => {
  const run = start()
  run.pipeline.subscribe(() => {
    throw new Error('bug')
  })
  const second: PipelineSample[] = []
  const leave = run.pipeline.subscribe((samples) => second.push(...samples))
  await run.at(0, 1)
  leave()
  await run.at(1, 2)
  expect(run.told).toHaveLength(2)
  expect(second).toHaveLength(1)
})

test('readings of unknown devices and points are counted and go nowhere', () => {
  const run = start()
  const reading = { device: 'meter', point: 'x.other', t: 1, value: 1, quality: good }
  run.pipeline.accept([reading, { ...reading, device: 'nobody' }])
  expect(run.told).toEqual([])
  expect(run.pipeline.stats()).toMatchObject({ accepted: 0, unknown: 2 })
  expect(run.pipeline.latest('nobody/x')).toBeUndefined()
  expect(run.pipeline.all()).toEqual([])
})

test('a point that nobody has checked at the device is nobody’s business', () => {
  const shown = {
    id: 'a',
    kind: 'num',
    steps: [],
    report: { deadband: 0, minIntervalMs: 0, maxIntervalMs: 1, onChange: true },
  }
  const points = [shown, { ...shown, id: 'b', hidden: true }] as unknown as ResolvedPoint[]
  const devices = [{ id: 'meter', points } as unknown as Device]
  const pipeline = createPipeline({ devices, clock: new FakeClock(), log: createLogger({ level: 'silent' }) })
  const told: string[] = []
  pipeline.subscribe((samples) => told.push(...samples.map(({ point }) => point)))
  pipeline.accept(['a', 'b'].map((point) => ({ device: 'meter', point, t: 1, value: 1, quality: good })))
  expect(told).toEqual(['meter/a'])
})
