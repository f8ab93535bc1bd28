import { expect, test } from 'vitest'
import { FakeClock } from '#lib/fake-clock.ts'
import { createLogger } from '#lib/logger.ts'
import { startRetention } from './retention.ts'

const log = createLogger({ level: 'silent' })
const hour = 3_600_000

test('prunes at the start and at every interval, and goes on after a failure', async () => {
  const clock = new FakeClock(1_000 * hour)
  const asked: number[] = []
  const store = {
    prune: async (before: number) => {
      asked.push(before / hour)
      if (asked.length === 2) throw new Error('disk')
      return 1
    },
  }
  await using _retention = startRetention({ store, config: { keep: '10h', pruneEvery: '1h' }, clock, log })
  await clock.advance(2.5 * hour)
  expect(asked).toEqual([990, 991, 992])
})

test('without a limit nothing is ever deleted', async () => {
  const clock = new FakeClock()
  let asked = 0
  const store = {
    prune: async () => {
      asked++
      return 0
    },
  }
  await using _retention = startRetention({ store, config: { pruneEvery: '1h' }, clock, log })
  await clock.advance(10 * hour)
  expect(asked).toBe(0)
})

test('stops when asked to, after the deletion in hand', async () => {
  let release = (): void => {}
  let done = false
  const store = {
    prune: async () => {
      await new Promise<void>((resolve) => {
        release = resolve
      })
      done = true
      return 0
    },
  }
  const clock = new FakeClock()
  const retention = startRetention({ store, config: { keep: '1d', pruneEvery: '1h' }, clock, log })
  await clock.advance(0)
  const stopped = retention[Symbol.asyncDispose]()
  release()
  await stopped
  expect(done).toBe(true)
})
