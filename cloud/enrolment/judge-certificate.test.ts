import { expect, test } from 'vitest'
import { judgeCertificate } from './judge-certificate.ts'

const good = { gateway: 'school-a', not_after: 1_000, superseded_at: null, revoked_at: null }

const a = 'school-a'

test.each([
  { what: 'on record', found: good, gateway: a, now: 999, verdict: 'good' },
  { what: 'at its last moment', found: good, gateway: a, now: 1_000, verdict: 'expired' },
  { what: 'of another gateway', found: good, gateway: 'school-b', now: 1, verdict: 'foreign' },
  { what: 'that nobody issued', found: undefined, gateway: a, now: 1, verdict: 'unknown' },
  { what: 'that was revoked', found: { ...good, revoked_at: 1 }, gateway: a, now: 2, verdict: 'revoked' },
  {
    what: 'with a successor',
    found: { ...good, superseded_at: 1 },
    gateway: a,
    now: 2,
    verdict: 'superseded',
  },
  { what: 'revoked and old', found: { ...good, revoked_at: 1 }, gateway: a, now: 2_000, verdict: 'revoked' },
])('a certificate $what is $verdict', ({ found, gateway, now, verdict }) => {
  expect(judgeCertificate(found, gateway, now)).toBe(verdict)
})
