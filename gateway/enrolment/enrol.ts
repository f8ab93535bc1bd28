import { createHash } from 'node:crypto'
import { Type } from 'typebox'
import { validator } from '#lib/validate.ts'
import { askCloud, authorityOf, CloudRefusal } from './ask-cloud.ts'
import type { EnrolmentCode } from './enrolment-code.ts'
import { factsOf, type Identity } from './identity.ts'
import type { IdentityStore } from './identity-store.ts'
import { makeKey, makeRequest } from './make-request.ts'

export type EnrolOptions = {
  readonly store: IdentityStore
  /** Id of this gateway. */
  readonly gateway: string
}

const checkIssued = validator(
  Type.Object({ gateway: Type.String(), certificate: Type.String() }, { additionalProperties: true }),
)

/**
 * Gets the first certificate for a one-time token. May be killed at any moment and called again: the key is on the disk
 * before the cloud hears of it, and the cloud gives the same key the same certificate.
 */
export async function enrol(code: EnrolmentCode, { store, gateway }: EnrolOptions): Promise<Identity> {
  const tokenHash = hashOf(code.token)
  const { identity } = await store.load()
  // It came to its end before, and only the word of it was lost.
  if (identity?.tokenHash === tokenHash) return identity
  const ca = code.caFingerprint === undefined ? undefined : await authorityOf(code.url, code.caFingerprint)
  const key = await keyFor(store, `enrol ${tokenHash}`)
  const csr = makeRequest(gateway, key)
  const answer = await askCloud(code.url, { path: '/enrol', body: { token: code.token, csr } }, { ca })
  return keep(store, {
    key,
    certificate: issuedTo(gateway, answer),
    tokenHash,
    ...(ca === undefined ? {} : { ca }),
  })
}

/** Gets the next certificate for the present one. The same promise. */
export async function renew(
  present: Identity,
  { store, gateway, url, ca }: EnrolOptions & { readonly url: string; readonly ca: string | undefined },
): Promise<Identity> {
  const key = await keyFor(store, `renew ${factsOf(present).serial}`)
  const csr = makeRequest(gateway, key)
  const credentials = { ca: present.ca ?? ca, key: present.key, cert: present.certificate }
  const answer = await askCloud(url, { path: '/enrol/renewal', body: { csr } }, credentials)
  return keep(store, { ...present, key, certificate: issuedTo(gateway, answer) })
}

export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

async function keyFor(store: IdentityStore, purpose: string): Promise<string> {
  const known = await store.pendingKey(purpose)
  if (known !== undefined) return known
  const key = makeKey()
  await store.savePendingKey(purpose, key)
  return key
}

async function keep(store: IdentityStore, identity: Identity): Promise<Identity> {
  await store.save(identity)
  await store.dropPendingKey()
  return identity
}

function issuedTo(gateway: string, answer: unknown): string {
  const checked = checkIssued(answer)
  if (!checked.ok || checked.value.gateway !== gateway)
    throw new CloudRefusal('UNEXPECTED', 'the answer holds no certificate of this gateway', false)
  factsOf(checked.value)
  return checked.value.certificate
}
