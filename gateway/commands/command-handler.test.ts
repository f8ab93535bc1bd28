import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Command, CommandResult } from '#contract/command.ts'
import { AppError } from '#contract/errors.ts'
import { qualityCodes } from '#contract/quality.ts'
import type { Sample, Value } from '#contract/sample.ts'
import type { ResolvedPoint, ResolvedWrite } from '#gateway/profiles/device.ts'
import type { Written } from '#gateway/southbound/driver.ts'
import { FakeClock } from '#lib/fake-clock.ts'
import { createLogger } from '#lib/logger.ts'
import { testFolder } from '../../tests/support/temp-folder.ts'
import { waitFor } from '../../tests/support/wait-for.ts'
import { refusalOf } from './check-value.ts'
import { createCommandHandler } from './command-handler.ts'
import { CommandJournal } from './command-journal.ts'
import { blockOf, type InterlockConfig } from './interlock.ts'
import { rampOf } from './ramp.ts'

function pointWith(
  write: Partial<ResolvedWrite> | undefined,
  fields: Partial<ResolvedPoint> = {},
): ResolvedPoint {
  return {
    id: 'light.level',
    kind: 'num',
    unit: '%',
    title: { en: 'Level' },
    confidence: 'high',
    steps: [],
    report: { deadband: 0, minIntervalMs: 0, maxIntervalMs: 60_000, onChange: true },
    ...(write === undefined ? {} : { write: { to: {}, minIntervalMs: 0, risk: 'low', ...write } }),
    ...fields,
  }
}

type Link = { readonly state: 'up' | 'down'; readonly reason?: string }

type Setup = {
  folder?: string
  interlocks?: readonly InterlockConfig[]
  point?: ResolvedPoint
  write?: (value: Value, signal: AbortSignal) => Promise<Written>
}

async function start({ folder, point = pointWith({}), write, interlocks = [] }: Setup = {}) {
  const clock = new FakeClock(1_000_000)
  const home = folder ?? (await testFolder())
  const file = join(home, 'commands.jsonl')
  const errors: unknown[] = []
  const journal = await CommandJournal.open({
    file,
    maxLines: 1000,
    now: () => clock.now(),
    onError: (error) => errors.push(error),
  })
  onTestFinished(() => journal[Symbol.asyncDispose]())
  const written: Value[] = []
  const results: CommandResult[] = []
  const field = { isThere: true, links: new Map<string, Link>(), samples: new Map<string, Sample>() }
  const handler = createCommandHandler({
    link: (device) => field.links.get(device) ?? { state: 'up' },
    latest: (point) => field.samples.get(point),
    interlocks: () => interlocks,
    find: (id) =>
      id === 'lamp-1/light.level' && field.isThere
        ? {
            point,
            write: (value, signal) => {
              written.push(value)
              return write?.(value, signal) ?? Promise.resolve({ readBack: value, verified: true })
            },
          }
        : undefined,
    emit: async (result) => void results.push(result),
    journal,
    clock,
    log: createLogger({ level: 'silent' }),
    timeoutMs: 5_000,
    maxInHand: 25,
  })
  const states = () => results.map((result) => result.state)
  return { clock, field, journal, handler, written, results, states, errors, home, file }
}

function command(fields: Partial<Command> = {}): Command {
  return {
    v: 1,
    id: 'c1',
    point: 'lamp-1/light.level',
    value: 40,
    expiresAt: 1_030_000,
    by: 'test',
    ...fields,
  }
}

test('a command is accepted, written, read back and done', async () => {
  const { handler, results, written } = await start()
  const result = await handler.handle(command())
  expect(result).toEqual({
    kind: 'command-result',
    id: 'c1',
    point: 'lamp-1/light.level',
    state: 'done',
    at: 1_000_000,
    readBack: 40,
    verified: true,
  })
  expect(results.map((one) => one.state)).toEqual(['accepted', 'done'])
  expect(written).toEqual([40])
})

test('the same id is carried out once, also when it comes twice at the same moment', async () => {
  const { handler, written, states } = await start()
  const both = await Promise.all([handler.handle(command()), handler.handle(command())])
  expect(both[0]).toEqual(both[1])
  const again = await handler.handle(command())
  expect(again).toMatchObject({ state: 'done', readBack: 40 })
  expect(written).toEqual([40])
  expect(states()).toEqual(['accepted', 'done', 'done'])
})

test('the same id is not carried out again by the next process either', async () => {
  const first = await start()
  await first.handler.handle(command())
  await first.journal[Symbol.asyncDispose]()
  const second = await start({ folder: first.home })
  expect(await second.handler.handle(command())).toMatchObject({ state: 'done', readBack: 40 })
  expect(second.written).toEqual([])
})

test('a command that was begun when the gateway was killed is reported, not repeated', async () => {
  const first = await start({ write: () => new Promise(() => {}) })
  void first.handler.handle(command())
  await waitFor(() => expect(first.written).toEqual([40]))
  // Killed here: nothing is closed. A torn line is what a kill can leave.
  await appendFile(first.file, '{"id":"c9","poi')
  const second = await start({ folder: first.home })
  expect(await second.handler.handle(command())).toMatchObject({ state: 'failed', code: 'INTERNAL' })
  expect(await second.handler.handle(command({ id: 'c2' }))).toMatchObject({ state: 'done' })
  expect(second.written).toEqual([40])
  expect(await readFile(second.file, 'utf8')).toContain('"id":"c2"')
})

test('an expired command is not carried out', async () => {
  const { handler, written, clock, states } = await start()
  clock.step(30_000)
  expect(await handler.handle(command())).toMatchObject({ state: 'expired', code: 'COMMAND_EXPIRED' })
  expect(written).toEqual([])
  expect(states()).toEqual(['expired'])
})

test('an unknown point is rejected', async () => {
  const { handler } = await start()
  expect(await handler.handle(command({ point: 'lamp-9/light.level' }))).toMatchObject({
    state: 'rejected',
    code: 'POINT_UNKNOWN',
  })
})

test('a second write waits for a short minimum interval', async () => {
  const { handler, clock, written } = await start({ point: pointWith({ minIntervalMs: 300 }) })
  await handler.handle(command())
  const second = handler.handle(command({ id: 'c2' }))
  await clock.advance(299)
  expect(written).toHaveLength(1)
  await clock.advance(1)
  expect(await second).toMatchObject({ state: 'done' })
})

test('a second write within a long minimum interval is rejected, a later one is not', async () => {
  const { handler, clock } = await start({ point: pointWith({ minIntervalMs: 5_000 }) })
  await handler.handle(command())
  await clock.advance(2_000)
  expect(await handler.handle(command({ id: 'c2' }))).toMatchObject({
    state: 'rejected',
    code: 'RATE_LIMITED',
    message: 'written less than 5000 ms ago: wait 3 s',
  })
  await clock.advance(3_000)
  expect(await handler.handle(command({ id: 'c3' }))).toMatchObject({ state: 'done' })
})

test('a flow that runs wild on one device takes no room from another', async () => {
  const { handler, states } = await start({ write: () => new Promise(() => {}) })
  for (let i = 0; i < 100; i++) void handler.handle(command({ id: `c${i}` }))
  await waitFor(() => expect(states().filter((state) => state === 'rejected')).toHaveLength(80))
})

test('a device that refuses or does not answer gives a failed result with its code', async () => {
  const refusing = await start({ write: () => Promise.reject(new AppError('DEVICE_REFUSED', 'exception 4')) })
  expect(await refusing.handler.handle(command())).toMatchObject({
    state: 'failed',
    code: 'DEVICE_REFUSED',
    message: 'exception 4',
  })
  const silent = await start({ write: () => new Promise(() => {}) })
  const result = silent.handler.handle(command())
  await waitFor(() => expect(silent.written).toHaveLength(1))
  await silent.clock.advance(5_000)
  expect(await result).toMatchObject({ state: 'failed', code: 'DEVICE_TIMEOUT' })
})

test('stopping ends a command in hand with a result', async () => {
  const { handler, written, clock, states } = await start({ write: () => new Promise(() => {}) })
  const result = handler.handle(command())
  await waitFor(() => expect(written).toHaveLength(1))
  const stopped = handler[Symbol.asyncDispose]()
  await clock.advance(2_000)
  await stopped
  expect(await result).toMatchObject({ state: 'failed', code: 'INTERNAL' })
  expect(states()).toEqual(['accepted', 'failed'])
})

test('a device that is away: held, said so once, and carried out when it is back', async () => {
  const { handler, field, written, results, states, clock } = await start()
  field.links.set('lamp-1', { state: 'down', reason: 'no answer for 3 s' })
  const result = handler.handle(command())
  await clock.advance(5_000)
  expect(results).toMatchObject([
    { state: 'queued', code: 'LINK_DOWN', message: 'lamp-1: no answer for 3 s' },
  ])
  void handler.handle(command()) // the cloud asks again
  field.links.set('lamp-1', { state: 'up' })
  await clock.advance(500)
  expect(await result).toMatchObject({ state: 'done' })
  expect(states()).toEqual(['queued', 'accepted', 'done'])
  expect(written).toEqual([40])
})

test('a device that stays away: the command expires by the gateway’s clock and is not written when it is back', async () => {
  const { handler, field, written, states, clock } = await start()
  field.links.set('lamp-1', { state: 'down' })
  const result = handler.handle(command())
  await clock.advance(30_000)
  expect(await result).toMatchObject({ state: 'expired', code: 'COMMAND_EXPIRED' })
  field.links.set('lamp-1', { state: 'up' })
  await clock.advance(2_000)
  expect(written).toEqual([])
  expect(states()).toEqual(['queued', 'expired'])
})

test('a device that is taken away while a command waits for it gets nothing', async () => {
  const { handler, field, written, clock } = await start()
  field.links.set('lamp-1', { state: 'down' })
  const result = handler.handle(command())
  await clock.advance(1_000)
  field.isThere = false
  field.links.delete('lamp-1')
  await clock.advance(1_000)
  expect(await result).toMatchObject({ state: 'rejected', code: 'POINT_UNKNOWN' })
  expect(written).toEqual([])
})

test('what is held is not begun: a restart forgets it, and the repeat of the cloud is carried out', async () => {
  const first = await start()
  first.field.links.set('lamp-1', { state: 'down' })
  const held = first.handler.handle(command())
  await first.clock.advance(1_000)
  const stopped = first.handler[Symbol.asyncDispose]()
  await first.clock.advance(2_000)
  await stopped
  await held
  expect(first.states()).toEqual(['queued'])
  await first.journal[Symbol.asyncDispose]()
  const second = await start({ folder: first.home })
  expect(await second.handler.handle(command())).toMatchObject({ state: 'done' })
})

test('a device that is away fills up by itself and takes no room from the others', async () => {
  const { handler, field, states } = await start()
  field.links.set('lamp-1', { state: 'down' })
  for (let i = 0; i < 25; i++) void handler.handle(command({ id: `c${i}` }))
  await waitFor(() => expect(states().filter((state) => state === 'rejected')).toHaveLength(5))
  expect(states().filter((state) => state === 'queued')).toHaveLength(20)
})

test('one device is written by one command at a time, in the order they came, and each keeps its own expiry', async () => {
  const answers: ((written: Written) => void)[] = []
  const { handler, written, clock } = await start({
    write: () => new Promise((resolve) => void answers.push(resolve)),
  })
  const results = [
    handler.handle(command({ id: 'c1', value: 1 })),
    handler.handle(command({ id: 'c2', value: 2, expiresAt: 1_002_000 })),
    handler.handle(command({ id: 'c3', value: 3 })),
  ]
  await waitFor(() => expect(written).toEqual([1]))
  await clock.advance(3_000)
  expect(await results[1]).toMatchObject({ state: 'expired' })
  answers[0]?.({ verified: true })
  await waitFor(() => expect(written).toEqual([1, 3]))
  answers[1]?.({ verified: true })
  expect((await Promise.all(results)).map(({ state }) => state)).toEqual(['done', 'expired', 'done'])
})

test('a device that never answers one command does not keep the next one waiting for ever', async () => {
  let calls = 0
  const { handler, clock } = await start({
    write: () => (++calls === 1 ? new Promise(() => {}) : Promise.resolve({ verified: true })),
  })
  const [first, second] = [handler.handle(command()), handler.handle(command({ id: 'c2' }))]
  await waitFor(() => expect(calls).toBe(1))
  await clock.advance(5_000)
  expect(await first).toMatchObject({ state: 'failed', code: 'DEVICE_TIMEOUT' })
  expect(await second).toMatchObject({ state: 'done' })
})

test('high risk is not written without a person’s yes, wherever the command comes from', async () => {
  const { handler, written } = await start({ point: pointWith({ risk: 'high' }) })
  expect(await handler.handle(command())).toMatchObject({ state: 'rejected', code: 'COMMAND_NEEDS_CONFIRM' })
  expect(await handler.handle(command({ id: 'c2', confirmed: true }))).toMatchObject({ state: 'done' })
  expect(written).toEqual([40])
})

const pump: InterlockConfig = {
  id: 'pump-dry',
  target: 'lamp-1/light.level',
  blockedWhile: { point: 'tank-1/level', below: 10 },
  title: { zh: '水箱缺水，不能启动', en: 'The tank is empty' },
}
const sampleOf = (value: Value, quality: number = qualityCodes.good): Sample => ({
  point: 'tank-1/level',
  t: 1,
  value,
  quality: quality as Sample['quality'],
})

test('an interlock refuses with its own words, and is asked again when a held command’s turn comes', async () => {
  const { handler, field, written, clock } = await start({ interlocks: [pump] })
  field.samples.set('tank-1/level', sampleOf(50))
  field.links.set('lamp-1', { state: 'down' })
  const held = handler.handle(command())
  await clock.advance(1_000)
  field.samples.set('tank-1/level', sampleOf(5))
  field.links.set('lamp-1', { state: 'up' })
  await clock.advance(500)
  expect(await held).toMatchObject({
    state: 'rejected',
    code: 'COMMAND_INTERLOCKED',
    message: 'interlock pump-dry: tank-1/level is 5, below 10',
    title: { zh: '水箱缺水，不能启动', en: 'The tank is empty' },
  })
  field.samples.set('tank-1/level', sampleOf(10))
  expect(await handler.handle(command({ id: 'c2' }))).toMatchObject({ state: 'done' })
  expect(written).toEqual([40])
})

test('a value that moves slowly goes there in steps from where it is, and from nowhere it does not go', async () => {
  const point = pointWith({
    range: { min: 0, max: 100, step: 1 },
    rampMaxPerS: 10,
    readback: { withinMs: 100, tolerance: 1, point: 'light.level', pollNow: false },
  })
  const { handler, field, written, clock } = await start({ point })
  expect(await handler.handle(command())).toMatchObject({ state: 'failed', code: 'COMMAND_INTERLOCKED' })
  field.samples.set('lamp-1/light.level', { ...sampleOf(15), point: 'lamp-1/light.level' })
  const result = handler.handle(command({ id: 'c2' }))
  await waitFor(() => expect(written).toEqual([25]))
  await clock.advance(999)
  expect(written).toEqual([25])
  await clock.advance(1)
  await waitFor(() => expect(written).toEqual([25, 35]))
  await clock.advance(500)
  expect(await result).toMatchObject({ state: 'done', readBack: 40, verified: true })
  expect(written).toEqual([25, 35, 40])
})

test('what could not be verified falls back to the value of the profile, and the command has failed', async () => {
  const { handler, written } = await start({
    point: pointWith({ onFail: 0 }),
    write: (value) => Promise.resolve({ readBack: 7, verified: value === 0 }),
  })
  const result = await handler.handle(command())
  expect(written).toEqual([40, 0])
  expect(result).toMatchObject({ state: 'failed', verified: false, readBack: 7 })
  expect(result.message).toContain('its fallback 0 was written')
})

describe('after a kill in the middle', () => {
  const point = pointWith({
    readback: { withinMs: 2_000, tolerance: 1, point: 'light.level', pollNow: false },
  })
  const killed = async (): Promise<string> => {
    const first = await start({ point, write: () => new Promise(() => {}) })
    void first.handler.handle(command())
    await waitFor(() => expect(first.written).toEqual([40]))
    return first.home
  }

  test('the device holds the value: done, without writing again, also when the cloud asks meanwhile', async () => {
    const second = await start({ point, folder: await killed() })
    second.handler.recover()
    const asked = second.handler.handle(command())
    await second.clock.advance(1_000)
    second.field.samples.set('lamp-1/light.level', { ...sampleOf(39.5), point: 'lamp-1/light.level' })
    await second.clock.advance(500)
    expect(await asked).toMatchObject({ state: 'done', verified: true, readBack: 39.5 })
    expect(second.states()).toEqual(['done'])
    expect(second.written).toEqual([])
  })

  test('the device shows another value: failed, with what it shows', async () => {
    const second = await start({ point, folder: await killed() })
    second.field.samples.set('lamp-1/light.level', { ...sampleOf(10), point: 'lamp-1/light.level' })
    second.handler.recover()
    await second.clock.advance(8_000)
    await waitFor(() =>
      expect(second.results).toMatchObject([{ state: 'failed', verified: false, readBack: 10 }]),
    )
    expect(second.written).toEqual([])
  })

  test('the device says nothing: how it ended is not known', async () => {
    const second = await start({ point, folder: await killed() })
    second.handler.recover()
    await second.clock.advance(8_000)
    const unknown = { state: 'failed', message: expect.stringContaining('not known') }
    await waitFor(() => expect(second.results).toMatchObject([unknown]))
    expect(second.results[0]?.verified).toBeUndefined()
  })
})

test('a full journal is set aside and both files are read again', async () => {
  const folder = await testFolder()
  const options = { file: join(folder, 'j'), maxLines: 10, now: () => 0, onError: () => {} }
  const journal = await CommandJournal.open(options)
  for (let i = 0; i < 15; i++) await journal.write({ id: `c${i}`, point: 'a/b', expiresAt: 10 })
  await journal[Symbol.asyncDispose]()
  const again = await CommandJournal.open(options)
  expect(Array.from({ length: 15 }, (_, i) => again.find(`c${i}`)?.id)).toEqual(
    Array.from({ length: 15 }, (_, i) => `c${i}`),
  )
  await again[Symbol.asyncDispose]()
})

test('a full journal keeps what may still be asked for, over two files and a restart', async () => {
  const folder = await testFolder()
  const options = { file: join(folder, 'j'), maxLines: 10, now: () => 100, onError: () => {} }
  const journal = await CommandJournal.open(options)
  await journal.write({ id: 'begun', point: 'a/b', expiresAt: 1 })
  const result = { kind: 'command-result', point: 'a/b', state: 'done', at: 1 } as const
  await journal.write({ id: 'fresh', point: 'a/b', expiresAt: 200, result: { ...result, id: 'fresh' } })
  for (let i = 0; i < 40; i++)
    await journal.write({ id: `c${i}`, point: 'a/b', expiresAt: 10, result: { ...result, id: `c${i}` } })
  await journal[Symbol.asyncDispose]()
  const again = await CommandJournal.open(options)
  expect(again.unfinished().map(({ id }) => id)).toEqual(['begun'])
  expect(again.find('fresh')?.result?.state).toBe('done')
  expect(again.find('c0')).toBeUndefined()
  await again[Symbol.asyncDispose]()
})

describe('blockOf', () => {
  const attempt = { target: 'lamp-1/light.level', value: true }
  const locked = (fields: Partial<InterlockConfig>, sample?: Sample) =>
    blockOf([{ ...pump, ...fields }], attempt, () => sample)?.message
  const guard = (more: object) => ({ blockedWhile: { point: 'tank-1/level', ...more } })
  test.each<[string, Partial<InterlockConfig>, Sample | undefined, string | undefined]>([
    ['the limit itself is free', guard({ below: 10 }), sampleOf(10), undefined],
    ['below', guard({ below: 10 }), sampleOf(9), 'is 9, below 10'],
    ['above', guard({ above: 10 }), sampleOf(11), 'is 11, above 10'],
    ['equals', guard({ equals: true }), sampleOf(true), 'is true'],
    ['another state', guard({ equals: true }), sampleOf(false), undefined],
    ['never seen', guard({ equals: true }), undefined, 'has not been seen yet'],
    ['stale', guard({ below: 10 }), sampleOf(50, qualityCodes.stale), 'has no good value'],
    ['bad', guard({ below: 10 }), sampleOf(50, qualityCodes['bad:timeout']), 'has no good value'],
    ['no number', guard({ below: 10 }), sampleOf('high'), 'is no number'],
    ['another value is free', { ...guard({ below: 10 }), values: [false] }, sampleOf(5), undefined],
    ['this value is not', { ...guard({ below: 10 }), values: [true] }, sampleOf(5), 'is 5, below 10'],
    ['another point', { target: 'lamp-2/light.level' }, sampleOf(5), undefined],
  ])('%s', (_name, fields, sample, expected) => {
    const found = locked(fields, sample)
    if (expected === undefined) expect(found).toBeUndefined()
    else expect(found).toBe(`interlock pump-dry: tank-1/level ${expected}`)
  })
})

test('a ramp never moves faster than allowed, stays on the grid and ends where it shall', () => {
  expect(rampOf({ from: 0, to: 25, maxPerS: 10 })).toEqual([
    { value: 10, waitMs: 0 },
    { value: 20, waitMs: 1000 },
    { value: 25, waitMs: 500 },
  ])
  const down = rampOf({ from: 100, to: 0, maxPerS: 7, grid: { origin: 0, step: 5 } })
  for (const [i, { value, waitMs }] of down.entries()) {
    expect(value % 5).toBe(0)
    const before = down[i - 1]
    if (before !== undefined) expect((before.value - value) / (waitMs / 1000)).toBeLessThanOrEqual(7 + 1e-9)
  }
  expect(down.at(-1)?.value).toBe(0)
  expect(rampOf({ from: 5, to: 5, maxPerS: 1 })).toEqual([{ value: 5, waitMs: 0 }])
  expect(rampOf({ from: 0, to: 1e6, maxPerS: 0.001 }).length).toBeLessThanOrEqual(1000)
})

describe('refusalOf', () => {
  const level = pointWith({ range: { min: 0, max: 100, step: 0.1 } })
  const relay = pointWith(
    {
      values: [
        [true, 0xff00],
        [false, 0],
      ],
    },
    { kind: 'bool' },
  )
  const mode = pointWith({ options: ['auto', 'off'] }, { kind: 'enum' })
  test.each<[string, ResolvedPoint, Value, string | undefined]>([
    ['in range', level, 40.3, undefined],
    ['a bound', level, 100, undefined],
    ['below', level, -1, 'VALUE_OUT_OF_RANGE'],
    ['above', level, 101, 'VALUE_OUT_OF_RANGE'],
    ['between two steps', level, 0.25, 'VALUE_OUT_OF_RANGE'],
    ['text for a number', level, '40', 'VALUE_OUT_OF_RANGE'],
    ['no value', level, null, 'VALUE_OUT_OF_RANGE'],
    ['infinity', level, Number.POSITIVE_INFINITY, 'VALUE_OUT_OF_RANGE'],
    ['true', relay, true, undefined],
    ['1 for true', relay, 1, 'VALUE_OUT_OF_RANGE'],
    ['an option', mode, 'auto', undefined],
    ['no option', mode, 'on', 'VALUE_OUT_OF_RANGE'],
    ['read only', pointWith(undefined), 1, 'POINT_NOT_WRITABLE'],
  ])('%s', (_name, point, value, code) => {
    expect(refusalOf(point, value)?.code).toBe(code)
  })
})
