import { appendFile, mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Command, CommandResult } from '#contract/command.ts'
import { AppError } from '#contract/errors.ts'
import type { Value } from '#contract/sample.ts'
import type { ResolvedPoint, ResolvedWrite } from '#gateway/profiles/device.ts'
import type { Written } from '#gateway/southbound/driver.ts'
import { FakeClock } from '#lib/fake-clock.ts'
import { createLogger } from '#lib/logger.ts'
import { waitFor } from '../../tests/support/wait-for.ts'
import { refusalOf } from './check-value.ts'
import { createCommandHandler } from './command-handler.ts'
import { CommandJournal } from './command-journal.ts'

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

type Setup = {
  folder?: string
  point?: ResolvedPoint
  write?: (value: Value, signal: AbortSignal) => Promise<Written>
}

async function start({ folder, point = pointWith({}), write }: Setup = {}) {
  const clock = new FakeClock(1_000_000)
  const home = folder ?? (await mkdtemp(join(tmpdir(), 'commands-')))
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
  const handler = createCommandHandler({
    find: (id) =>
      id === 'lamp-1/light.level'
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
    maxInHand: 10,
  })
  const states = () => results.map((result) => result.state)
  return { clock, journal, handler, written, results, states, errors, home, file }
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

test('a second write within the minimum interval is rejected, a later one is not', async () => {
  const { handler, clock } = await start({ point: pointWith({ minIntervalMs: 300 }) })
  await handler.handle(command())
  await clock.advance(200)
  expect(await handler.handle(command({ id: 'c2' }))).toMatchObject({
    state: 'rejected',
    code: 'RATE_LIMITED',
  })
  await clock.advance(200)
  expect(await handler.handle(command({ id: 'c3' }))).toMatchObject({ state: 'done' })
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

test('a full journal is set aside and both files are read again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'commands-'))
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
