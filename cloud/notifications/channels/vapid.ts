import { createECDH, createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Type } from 'typebox'
import { Check } from 'typebox/schema'
import { writeAtomically } from '#lib/write-atomically.ts'

/** The key by which push services know this installation, base64url; the private one is a bare number of the curve P-256. */
export type VapidKeys = { readonly publicKey: string; readonly privateKey: string }

const KeyFile = Type.Object({
  publicKey: Type.String({ pattern: '^[A-Za-z0-9_-]{87}$' }),
  privateKey: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }),
})

/**
 * The keys in `file`, made at the first start. Browsers subscribe to them: with new keys every subscription is lost, so a file
 * that cannot be read stops the start.
 */
export async function openVapidKeys(file: string): Promise<VapidKeys> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const keys = makeKeys()
    await writeAtomically(file, `${JSON.stringify(keys, null, 2)}\n`)
    return keys
  }
  const keys: unknown = JSON.parse(text)
  if (!Check(KeyFile, keys)) throw new Error(`${file} does not hold the keys of web push`)
  return keys
}

export function makeKeys(): VapidKeys {
  const ecdh = createECDH('prime256v1')
  const publicKey = ecdh.generateKeys('base64url')
  // Leading zeros belong to it.
  const privateKey = Buffer.from(ecdh.getPrivateKey('hex').padStart(64, '0'), 'hex').toString('base64url')
  return { publicKey, privateKey }
}

const lifetimeS = 12 * 3600

export type VapidClaims = {
  readonly endpoint: URL
  readonly contact: string | undefined
  readonly now: number
}

/** `Authorization` of one push (RFC 8292 §3): who sends, to which service, until when. */
export function vapidAuthorization(keys: VapidKeys, { endpoint, contact, now }: VapidClaims): string {
  const claims = {
    aud: endpoint.origin,
    exp: Math.floor(now / 1000) + lifetimeS,
    ...(contact === undefined ? {} : { sub: contact }),
  }
  const content = `${encoded({ typ: 'JWT', alg: 'ES256' })}.${encoded(claims)}`
  const signature = sign('sha256', Buffer.from(content), {
    key: privateKeyOf(keys),
    dsaEncoding: 'ieee-p1363',
  })
  return `vapid t=${content}.${signature.toString('base64url')}, k=${keys.publicKey}`
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function privateKeyOf({ publicKey, privateKey }: VapidKeys): KeyObject {
  const point = Buffer.from(publicKey, 'base64url')
  const half = (from: number, to: number) => point.subarray(from, to).toString('base64url')
  return createPrivateKey({
    key: { kty: 'EC', crv: 'P-256', x: half(1, 33), y: half(33, 65), d: privateKey },
    format: 'jwk',
  })
}
