import { X509Certificate } from 'node:crypto'

/** With what this gateway signs in. The key was made here and is nowhere else. */
export type Identity = {
  /** PEM, all three. */
  readonly key: string
  readonly certificate: string
  /** What it trusts; absent where that is the system's authorities. */
  readonly ca?: string
  /** SHA-256 of the token it was enrolled with: a new token in the configuration is a wish to be enrolled anew. */
  readonly tokenHash: string
}

export type IdentityFacts = {
  readonly serial: string
  readonly notBefore: number
  readonly notAfter: number
}

/** Throws when the text is no certificate. */
export function factsOf({ certificate }: Pick<Identity, 'certificate'>): IdentityFacts {
  const { serialNumber, validFromDate, validToDate } = new X509Certificate(certificate)
  return { serial: serialNumber, notBefore: validFromDate.getTime(), notAfter: validToDate.getTime() }
}

/**
 * When a certificate is renewed: after two thirds of its life, up to three quarters, each at a time of its own: gateways that
 * were enrolled on one day do not come on one day. Pure.
 */
export function renewalAt({ serial, notBefore, notAfter }: IdentityFacts): number {
  const share = Number.parseInt(serial.slice(-8), 16) / 2 ** 32
  return notBefore + (notAfter - notBefore) * (2 / 3 + share / 12)
}

const date = (at: number): string => new Date(at).toISOString()

/** What is wrong with a certificate at this time, in words for the person who has to mend it. Pure. */
export function identityProblem(facts: IdentityFacts, now: number): string | undefined {
  if (now >= facts.notAfter)
    return `the certificate of this gateway expired on ${date(facts.notAfter)} (its clock says ${date(now)}): if the clock is right, make a new enrolment token in the console and enrol it again`
  if (now < facts.notBefore)
    return `the certificate of this gateway is valid from ${date(facts.notBefore)}, but its clock says ${date(now)}: the clock is wrong`
  return undefined
}

/** The cloud did not let it in with this certificate. Pure. */
export function refusedWords(facts: IdentityFacts, now: number): string {
  return (
    identityProblem(facts, now) ??
    `the cloud does not accept the certificate of this gateway (serial ${facts.serial}): it was revoked, a newer one took over from it, or the cloud does not know it. Make a new enrolment token in the console and enrol it again`
  )
}

/** What to do next; `waitMs` until it is to be asked again. */
export type Step = { readonly do: 'enrol' | 'renew' } | { readonly do: 'wait'; readonly waitMs: number }

export type StepFacts = {
  readonly identity: (IdentityFacts & { readonly tokenHash: string }) | undefined
  /** SHA-256 of the token in the configuration, as long as it may still be good. */
  readonly tokenHash: string | undefined
  readonly now: number
}

/** The clock may be set meanwhile, and no timer is longer than 24 days. */
const longestWaitMs = 3_600_000

/** Pure. */
export function nextStep({ identity, tokenHash, now }: StepFacts): Step {
  if (tokenHash !== undefined && identity?.tokenHash !== tokenHash) return { do: 'enrol' }
  if (identity === undefined || identityProblem(identity, now) !== undefined)
    return { do: 'wait', waitMs: longestWaitMs }
  const waitMs = renewalAt(identity) - now
  return waitMs <= 0 ? { do: 'renew' } : { do: 'wait', waitMs: Math.min(waitMs, longestWaitMs) }
}
