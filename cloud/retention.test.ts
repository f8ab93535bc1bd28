import { expect, test } from 'vitest'
import { FakeClock } from '#lib/fake-clock.ts'
import { createLogger } from '#lib/logger.ts'
import { keepRetention } from './retention.ts'

const log = createLogger({ level: 'silent' })
const hour = 3_600_000

test('prunes at the start and every hour, and goes on after a failure', async () => {
  const clock = new FakeClock(1_000 * hour)
  const asked: number[] = []
  const others: number[] = []
  const rules = [
    {
      kind: 'telemetry',
      keepMs: 10 * hour,
      prune: async (before: number) => {
        asked.push(before / hour)
        if (asked.length === 2) throw new Error('disk')
        return 1
      },
    },
    { kind: 'commands', keepMs: hour, prune: async (before: number) => others.push(before / hour) },
  ]
  await using _retention = keepRetention({ rules, clock, log })
  await clock.advance(2.5 * hour)
  expect(asked).toEqual([990, 991, 992])
  expect(others).toEqual([999, 1_000, 1_001])
})

test('stops when asked to, after the deletion in hand', async () => {
  let release = (): void => {}
  let done = false
  const prune = async () => {
    await new Promise<void>((resolve) => {
      release = resolve
    })
    done = true
    return 0
  }
  const clock = new FakeClock()
  const retention = keepRetention({ rules: [{ kind: 'telemetry', keepMs: 24 * hour, prune }], clock, log })
  await clock.advance(0)
  const stopped = retention[Symbol.asyncDispose]()
  release()
  await stopped
  expect(done).toBe(true)
})
