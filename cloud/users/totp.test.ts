import { expect, test } from 'vitest'
import { type Algorithm, base32, hotp, matchingStep, newSecret, otpauthUri, stepAt } from './totp.ts'

const ascii = (text: string) => Buffer.from(text, 'ascii')
const secret = ascii('12345678901234567890')

test('the test values of RFC 4226 appendix D', () => {
  const expected = [
    '755224',
    '287082',
    '359152',
    '969429',
    '338314',
    '254676',
    '287922',
    '162583',
    '399871',
    '520489',
  ]
  expect(expected.map((_, counter) => hotp(secret, counter))).toEqual(expected)
})

/** RFC 6238 appendix B: the secrets are as long as the hash. */
const secrets: Readonly<Record<Algorithm, Buffer>> = {
  sha1: secret,
  sha256: ascii('12345678901234567890123456789012'),
  sha512: ascii('1234567890123456789012345678901234567890123456789012345678901234'),
}
test.each([
  [59, '94287082', '46119246', '90693936'],
  [1_111_111_109, '07081804', '68084774', '25091201'],
  [1_111_111_111, '14050471', '67062674', '99943326'],
  [1_234_567_890, '89005924', '91819424', '93441116'],
  [2_000_000_000, '69279037', '90698825', '38618901'],
  [20_000_000_000, '65353130', '77737706', '47863826'],
])('the test values of RFC 6238 appendix B at %d s', (seconds, sha1, sha256, sha512) => {
  const at = (algorithm: Algorithm) => hotp(secrets[algorithm], stepAt(seconds * 1000), 8, algorithm)
  expect([at('sha1'), at('sha256'), at('sha512')]).toEqual([sha1, sha256, sha512])
})

test('RFC 4648 section 10', () => {
  expect(['', 'f', 'fo', 'foo', 'foob', 'fooba', 'foobar'].map((text) => base32(ascii(text)))).toEqual([
    ...['', 'MY', 'MZXQ', 'MZXW6', 'MZXW6YQ', 'MZXW6YTB', 'MZXW6YTBOI'],
  ])
})

test('a step before and after is taken, two are not', () => {
  const nowMs = 1_800_000_000_000
  const step = stepAt(nowMs)
  const taken = [-2, -1, 0, 1, 2].filter(
    (off) => matchingStep(secret, hotp(secret, step + off), { nowMs, lastStep: null }) === step + off,
  )
  expect(taken).toEqual([-1, 0, 1])
  expect(
    matchingStep(secret, ` ${hotp(secret, step).replace(/(...)/, '$1 ')}`, { nowMs, lastStep: null }),
  ).toBe(step)
  expect(matchingStep(secret, '12345', { nowMs, lastStep: null })).toBeUndefined()
})

test('whatever is done with codes, no step is taken twice and none before one that was', () => {
  // A seeded walk: time goes on by up to a minute, and any code of the neighbourhood is tried.
  let state = 7
  const random = (below: number) => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
  let nowMs = 1_800_000_000_000
  let lastStep: number | null = null
  const taken: number[] = []
  for (let i = 0; i < 3_000; i++) {
    nowMs += random(60_000)
    const step = matchingStep(secret, hotp(secret, stepAt(nowMs) + random(7) - 3), { nowMs, lastStep })
    if (step === undefined) continue
    taken.push(step)
    lastStep = step
  }
  expect(taken.length).toBeGreaterThan(500)
  expect(taken).toEqual([...new Set(taken)].sort((a, b) => a - b))
})

test('the address names the issuer and the account', () => {
  expect(otpauthUri(ascii('foobar'), '智慧校园', 'li@a')).toBe(
    `otpauth://totp/${encodeURIComponent('智慧校园')}:li%40a?secret=MZXW6YTBOI&issuer=${encodeURIComponent('智慧校园')}`,
  )
  expect(newSecret()).toHaveLength(20)
})
