import { expect, test } from 'vitest'
import { uniform } from '#simulators/random.ts'
import { identityProblem, nextStep, refusedWords, renewalAt } from './identity.ts'

const day = 86_400_000
const facts = { serial: '5A00000000', notBefore: 0, notAfter: 360 * day }
const identity = { ...facts, tokenHash: 'h1' }

test('a certificate is renewed between two thirds and three quarters of its life, each at a time of its own', () => {
  const times = Array.from({ length: 200 }, (_, i) => {
    const serial = Math.floor(uniform(i, 1) * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
    return renewalAt({ ...facts, serial: `5A${serial}` })
  })
  expect(Math.min(...times)).toBeGreaterThanOrEqual(240 * day)
  expect(Math.max(...times)).toBeLessThanOrEqual(270 * day)
  expect(new Set(times).size).toBe(200)
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(25 * day)
})

test.each([
  ['nothing and no token', { identity: undefined, tokenHash: undefined, now: 0 }, 'wait'],
  ['nothing and a token', { identity: undefined, tokenHash: 'h1', now: 0 }, 'enrol'],
  ['a certificate by this token', { identity, tokenHash: 'h1', now: day }, 'wait'],
  ['a certificate by another token', { identity, tokenHash: 'h2', now: day }, 'enrol'],
  ['a certificate that is due', { identity, tokenHash: undefined, now: 241 * day }, 'renew'],
  ['a certificate that expired', { identity, tokenHash: 'h1', now: 360 * day }, 'wait'],
  ['a certificate that expired and a new token', { identity, tokenHash: 'h2', now: 400 * day }, 'enrol'],
  ['a clock that is far behind', { identity, tokenHash: 'h1', now: -day }, 'wait'],
] as const)('with %s', (_what, given, step) => {
  expect(nextStep(given).do).toBe(step)
})

test('no wait is longer than an hour, and none is past the time of renewal', () => {
  for (let now = 0; now < 240 * day; now += 7 * 3_600_000 + 12_345) {
    const step = nextStep({ identity, tokenHash: 'h1', now })
    if (step.do !== 'wait') throw new Error(`${step.do} at ${now}`)
    expect(step.waitMs).toBeGreaterThan(0)
    expect(step.waitMs).toBeLessThanOrEqual(Math.min(3_600_000, renewalAt(identity) - now))
  }
})

test('what is wrong with a certificate is said with both times, and what to do', () => {
  expect(identityProblem(facts, day)).toBeUndefined()
  expect(identityProblem(facts, 361 * day)).toMatch(
    /expired on 1970-12-27.*clock says 1970-12-28.*new enrolment token/,
  )
  expect(identityProblem(facts, -1)).toMatch(/valid from 1970-01-01.*clock says 1969-12-31.*clock is wrong/)
  expect(refusedWords(facts, day)).toMatch(/serial 5A00000000.*revoked.*new enrolment token/)
  expect(refusedWords(facts, 361 * day)).toMatch(/expired/)
})
