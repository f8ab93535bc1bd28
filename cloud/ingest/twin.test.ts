import { expect, test } from 'vitest'
import { judgeNewcomer, type Peer } from './twin.ts'

const there: Peer = {
  remote: '10.0.0.5',
  instance: '1/a',
  keepAliveMs: 5_000,
  heardAt: 100_000,
  challengedAt: undefined,
}
const other = '2/b'

test.each([
  ['nobody is there', 'admit', { holder: undefined, instance: other, now: 100_000 }],
  ['the same run comes over another connection', 'admit', { holder: there, instance: '1/a', now: 100_001 }],
  ['the first has just spoken', 'refuse', { holder: there, instance: other, now: 105_000 }],
  ['the first was silent for a keep-alive', 'admit', { holder: there, instance: other, now: 105_001 }],
  ['a newcomer that does not say its run', 'admit', { holder: there, instance: undefined, now: 100_001 }],
  [
    'a holder that did not say its run',
    'admit',
    { holder: { ...there, instance: undefined }, instance: other, now: 100_001 },
  ],
  [
    'turned away before, and the first has spoken since',
    'twin',
    { holder: { ...there, challengedAt: 99_999 }, instance: other, now: 100_001 },
  ],
  [
    'turned away before, and nothing was heard since',
    'refuse',
    { holder: { ...there, challengedAt: 100_000 }, instance: other, now: 100_001 },
  ],
] as const)('%s: %s', (_case, verdict, { holder, instance, now }) => {
  expect(judgeNewcomer(holder, instance, now)).toBe(verdict)
})
