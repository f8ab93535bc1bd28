import { webcrypto } from 'node:crypto'
import { createAuthority, createClientCertificate, type KeyPair } from '#cloud/tls/certificates.ts'
import { testKey } from './test-csr.ts'

export type TestIdentity = { readonly key: string; readonly cert: string; readonly serial: string }

/** A certificate for a gateway, with its key, as the cloud's authority would issue it. */
export async function testIdentity(
  authority: KeyPair,
  name: string,
  validity = { now: Date.now(), lifetimeMs: 86_400_000 },
): Promise<TestIdentity> {
  const { keys, pem } = await testKey()
  const publicKey = new Uint8Array(await webcrypto.subtle.exportKey('spki', keys.publicKey))
  const { cert, serial } = await createClientCertificate(authority, { name, publicKey }, validity)
  return { key: pem, cert, serial }
}

export function createTestAuthority(): Promise<KeyPair> {
  return createAuthority('test authority', Date.now())
}
