import { expect, test } from 'vitest'
import { FakeClock } from '#lib/fake-clock.ts'
import { createLogger } from '#lib/logger.ts'
import { keepRetention } from './retention.ts'

const log = createLogger({ level: 'silent' })
const hour = 3_600_000

test('prunes at the start and every hour, and goes on after a failure', async () => {
  const clock = new FakeClock(1_000 * hour)
  const asked: number[] = []
  const telemetry = {
    prune: async (before: number) => {
      asked.push(before / hour)
      if (asked.length === 2) throw new Error('disk')
      return 1
    },
  }
  await using _retention = keepRetention({ telemetry, keepMs: 10 * hour, clock, log })
  await clock.advance(2.5 * hour)
  expect(asked).toEqual([990, 991, 992])
})

test('stops when asked to, after the deletion in hand', async () => {
  let release = (): void => {}
  let done = false
  const telemetry = {
    prune: async () => {
      await new Promise<void>((resolve) => {
        release = resolve
      })
      done = true
      return 0
    },
  }
  const clock = new FakeClock()
  const retention = keepRetention({ telemetry, keepMs: 24 * hour, clock, log })
  await clock.advance(0)
  const stopped = retention[Symbol.asyncDispose]()
  release()
  await stopped
  expect(done).toBe(true)
})
