// The container inside @peculiar/x509 stops at import without it.
import 'reflect-metadata'
import { createHash, createPublicKey } from 'node:crypto'
import { Pkcs10CertificateRequest } from '@peculiar/x509'
import { idPattern } from '#contract/topics.ts'

export type Csr = {
  readonly gateway: string
  /** DER of its SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
  /** SHA-256 of it, hex. */
  readonly keyHash: string
}

export type ReadCsr =
  | { readonly ok: true; readonly value: Csr }
  | { readonly ok: false; readonly message: string }

const no = (message: string): ReadCsr => ({ ok: false, message })

/** Takes a request apart and checks that its sender has the key. Says what is wrong with it; never throws for what it holds. */
export async function readCsr(pem: string): Promise<ReadCsr> {
  let request: Pkcs10CertificateRequest
  let publicKey: Uint8Array
  try {
    request = new Pkcs10CertificateRequest(pem)
    publicKey = new Uint8Array(request.publicKey.rawData)
  } catch {
    return no('is no PKCS #10 certificate request in PEM')
  }
  const kind = keyKind(publicKey)
  if (kind !== 'prime256v1')
    return no(`has a key of the kind ${kind ?? 'unknown'}, expected EC P-256 (prime256v1)`)
  const gateway = /^CN=(\S+)$/.exec(request.subject)?.[1]
  if (gateway === undefined || !idPattern.test(gateway))
    return no(
      `has the subject ${JSON.stringify(request.subject.slice(0, 100))}, expected CN=<id of the gateway>`,
    )
  if (!(await isSigned(request))) return no('is not signed with its own key')
  return {
    ok: true,
    value: { gateway, publicKey, keyHash: createHash('sha256').update(publicKey).digest('hex') },
  }
}

/** The curve, or the algorithm where it is no elliptic curve. */
function keyKind(der: Uint8Array): string | undefined {
  try {
    const key = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' })
    return key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType
  } catch {
    return undefined // not a key that OpenSSL knows
  }
}

async function isSigned(request: Pkcs10CertificateRequest): Promise<boolean> {
  try {
    return await request.verify()
  } catch {
    return false // signed by an algorithm that does not go with the key
  }
}
