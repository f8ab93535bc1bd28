import { expect, test } from 'vitest'
import { FakeClock } from '#lib/fake-clock.ts'
import { createLogger } from '#lib/logger.ts'
import { keepAudit } from './keep-audit.ts'

const hour = 3_600_000

test('every day old rows go and the head is logged; after a failure it is tried again in an hour', async () => {
  const lines: string[] = []
  const log = createLogger({}, { write: (line) => void lines.push(line) })
  const clock = new FakeClock(10_000 * hour)
  const asked: number[] = []
  const audit = {
    prune: async (before: number) => {
      asked.push(before / hour)
      if (asked.length === 2) throw new Error('disk')
      return 3
    },
    head: async () => ({ seq: 42, hash: 'abc' }),
  }
  await using _keeping = keepAudit({ audit, clock, log, keepMs: 1_000 * hour })
  await clock.advance(50 * hour)
  expect(asked).toEqual([9_000, 9_024, 9_025, 9_049])
  const heads = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'audit head')
  expect(heads).toHaveLength(3)
  expect(heads[0]).toMatchObject({ seq: 42, hash: 'abc' })
  expect(lines.some((line) => line.includes('not looked after'))).toBe(true)
})
