import { expect, test } from 'vitest'
import { FakeClock } from '#lib/fake-clock.ts'
import { createLogger } from '#lib/logger.ts'
import { keepOut } from './keep-out.ts'

const connected = [{ gateway: 'a', certificate: { gateway: 'a', serial: '01' } }]

test('who is not good any more is cut off within a minute, also after a look that failed', async () => {
  const clock = new FakeClock()
  const cuts: string[] = []
  let isGood = true
  let isAway = false
  await using _looking = keepOut({
    connected: () => connected,
    notGood: async (present) => {
      if (isAway) throw new Error('database away')
      return isGood ? [] : present.map(({ gateway }) => ({ gateway, verdict: 'expired' as const }))
    },
    cut: (gateway, reason) => cuts.push(`${gateway} ${reason}`),
    clock,
    log: createLogger({ level: 'silent' }),
  })
  await clock.advance(60_000)
  expect(cuts).toEqual([])
  isAway = true
  await clock.advance(30_000)
  isAway = false
  isGood = false
  await clock.advance(30_000)
  expect(cuts).toEqual(['a expired'])
})
