import { expect, test } from 'vitest'
import { FakeClock } from '#lib/fake-clock.ts'
import { createLogger } from '#lib/logger.ts'
import { keepRunning } from './keep-running.ts'
import { LinkState } from './link-state.ts'

const log = createLogger({ level: 'silent' })
const backoff = { firstMs: 1000, maxMs: 8000 }

test('a driver that fails is started again, later each time, and soon again after it was healthy', async () => {
  const clock = new FakeClock()
  const startedAt: number[] = []
  let healthyMs = 0
  const driver = {
    async run(signal: AbortSignal) {
      startedAt.push(clock.monotonic())
      await clock.sleep(healthyMs, signal)
      throw new Error('gone')
    },
  }
  const stop = new AbortController()
  const done = keepRunning(driver, { clock, log }, stop.signal, backoff)
  await clock.advance(60_000)
  const waits = startedAt.slice(1).map((at, i) => at - (startedAt[i] ?? 0))
  for (const [i, usual] of [1000, 2000, 4000, 8000, 8000].entries()) {
    expect(waits[i]).toBeGreaterThanOrEqual(usual * 0.7)
    expect(waits[i]).toBeLessThanOrEqual(usual * 1.3)
  }

  healthyMs = 40_000
  startedAt.length = 0
  await clock.advance(200_000)
  const gaps = startedAt.slice(2).map((at, i) => at - (startedAt[i + 1] ?? 0) - healthyMs)
  expect(Math.max(...gaps)).toBeLessThanOrEqual(1300)
  stop.abort()
  await done
})

test('a failure that repeats is one line, a new one is another', async () => {
  const clock = new FakeClock()
  const lines: string[] = []
  const talking = createLogger({ level: 'warn' }, { write: (line: string) => lines.push(line) })
  let reason = 'refused'
  const driver = { run: () => Promise.reject(new Error(reason)) }
  const stop = new AbortController()
  const done = keepRunning(driver, { clock, log: talking }, stop.signal, backoff)
  await clock.advance(300_000)
  expect(lines).toHaveLength(1)
  reason = 'no route'
  await clock.advance(20_000)
  expect(lines).toHaveLength(2)
  stop.abort()
  await done
})

test('a driver that returns or throws at once does not spin, and being stopped ends it at once', async () => {
  const clock = new FakeClock()
  let starts = 0
  const driver = {
    async run() {
      starts++
    },
  }
  const stop = new AbortController()
  const done = keepRunning(driver, { clock, log }, stop.signal, backoff)
  await clock.advance(500)
  expect(starts).toBe(1)
  stop.abort()
  await done
  expect(starts).toBe(1)
})

test('a link goes down after its failures in a row and up after its successes, and says each change once', () => {
  const changes: string[] = []
  const link = new LinkState({ failAfter: 2, recoverAfter: 2 }, (state, reason) =>
    changes.push(`${state} ${reason ?? ''}`),
  )
  link.succeeded()
  link.succeeded()
  link.failed('one')
  link.succeeded()
  link.failed('two')
  link.failed('three')
  link.failed('four')
  link.succeeded()
  link.cut('five')
  link.succeeded()
  link.failed('six')
  link.succeeded()
  link.succeeded()
  link.cut('seven')
  expect(changes).toEqual(['up ', 'down three', 'up ', 'down seven'])
})
