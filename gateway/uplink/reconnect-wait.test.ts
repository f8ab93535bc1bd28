import { expect, test } from 'vitest'
import { explainLinkError } from './link-error.ts'
import { reconnectWaitMs } from './reconnect-wait.ts'
import { SilentLink } from './silent-link.ts'

const settings = { reconnect: { firstMs: 500, maxMs: 15_000 } }
const middle = () => 0.5

test('where somebody answered the wait doubles up to its limit', () => {
  const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
  const waits = [1, 2, 3, 4, 5, 6, 7].map((attempts) => reconnectWaitMs(refused, attempts, settings, middle))
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000])
})

test('a fleet that was cut off together does not come back together', () => {
  const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
  const waits = [0, 0.25, 0.5, 0.75, 1].map((chance) => reconnectWaitMs(refused, 4, settings, () => chance))
  expect(new Set(waits).size).toBe(5)
  expect(Math.max(...waits) / Math.min(...waits)).toBeGreaterThan(1.5)
})

test('where nobody answered it stays short, so that a returned link is found', () => {
  const lost = Object.assign(new Error('lost'), { code: 'ETIMEDOUT' })
  expect(reconnectWaitMs(lost, 20, settings, () => 1)).toBeLessThanOrEqual(650)
  expect(reconnectWaitMs(new SilentLink('silent'), 20, settings, () => 1)).toBeLessThanOrEqual(650)
})

test('an error without a known code keeps its own words', () => {
  expect(explainLinkError(new Error('no answer within 5 ms'), 'mqtts://a')).toBe(
    'mqtts://a: no answer within 5 ms',
  )
  expect(explainLinkError('odd', 'mqtts://a')).toBe('mqtts://a: odd')
})
