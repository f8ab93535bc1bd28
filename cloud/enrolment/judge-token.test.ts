import { expect, test } from 'vitest'
import { uniform } from '#simulators/random.ts'
import { judgeToken, refusals, type TokenFacts } from './judge-token.ts'

const fresh: TokenFacts = { expires_at: 1_000, replaced_at: null, used_at: null, key_hash: null }
const used: TokenFacts = { ...fresh, used_at: 500, key_hash: 'mine' }

test.each([
  ['there is none', undefined, 0, 'unknown'],
  ['it is fresh', fresh, 999, 'issue'],
  ['its time is over', fresh, 1_000, 'expired'],
  ['there is a newer one', { ...fresh, replaced_at: 300 }, 500, 'replaced'],
  ['it was used with this key', used, 999, 'again'],
  ['it was used with this key and its time is over', used, 1_000, 'expired'],
  ['it was used with this key and there is a newer one', { ...used, replaced_at: 600 }, 700, 'replaced'],
  ['it was used with another key', { ...used, key_hash: 'other' }, 700, 'stolen'],
  ['it was used with another key, long ago', { ...used, key_hash: 'other' }, 9_000, 'stolen'],
  [
    'it was used with another key, before a newer one',
    { ...used, key_hash: 'other', replaced_at: 600 },
    700,
    'stolen',
  ],
] as const)('a token when %s', (_what, token, now, verdict) => {
  expect(judgeToken(token, 'mine', now)).toBe(verdict)
})

/** What comes in for one token, in any order; resolves with the keys that got a certificate. */
function storm(random: () => number): { holders: Set<string>; refusedOthers: boolean } {
  let token: TokenFacts = { ...fresh, expires_at: 1 + Math.floor(random() * 20) }
  const holders = new Set<string>()
  let refusedOthers = true
  for (let now = 0; now < 25; now++) {
    const key = `key-${Math.floor(random() * 3)}`
    const verdict = judgeToken(token, key, now)
    if (verdict === 'issue') token = { ...token, used_at: now, key_hash: key }
    if (verdict === 'issue' || verdict === 'again') holders.add(key)
    else if (holders.size > 0 && !holders.has(key)) refusedOthers &&= verdict === 'stolen'
    if (random() < 0.05) token = { ...token, replaced_at: now }
  }
  return { holders, refusedOthers }
}

test('a token is good for one key only, and every other is told of, whatever comes in which order', () => {
  for (let seed = 1; seed <= 500; seed++) {
    let draw = 0
    const chance = () => uniform(seed, draw++)
    const { holders, refusedOthers } = storm(chance)
    expect([holders.size <= 1, refusedOthers], `seed ${seed}`).toEqual([true, true])
  }
})

test('every refusal has its words', () => {
  expect(Object.values(refusals).every((text) => text.length > 20)).toBe(true)
})
