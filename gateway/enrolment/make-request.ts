import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'

/** A new EC P-256 key, PKCS #8 in PEM. */
export function makeKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/**
 * A request (PKCS #10, RFC 2986) in PEM for a certificate of this gateway, signed with its key. Written out here because the
 * library of the cloud would keep 23 MB of a small machine for the twenty lines that a fixed kind of request takes.
 */
export function makeRequest(gateway: string, key: string): string {
  const privateKey = createPrivateKey(key)
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const name = sequence(
    der(tags.set, sequence(der(tags.oid, commonName), der(tags.utf8, Buffer.from(gateway)))),
  )
  const info = sequence(der(tags.integer, Buffer.from([0])), name, publicKey, der(tags.attributes))
  const signature = der(tags.bits, Buffer.from([0]), sign('sha256', info, privateKey))
  const request = sequence(info, sequence(der(tags.oid, ecdsaWithSha256)), signature)
  const lines = request.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE REQUEST-----', ...lines, '-----END CERTIFICATE REQUEST-----', ''].join('\n')
}

/** X.690 § 8; `attributes` is the context-specific [0] of PKCS #10. */
const tags = {
  integer: 0x02,
  bits: 0x03,
  oid: 0x06,
  utf8: 0x0c,
  sequence: 0x30,
  set: 0x31,
  attributes: 0xa0,
} as const
/** 2.5.4.3 */
const commonName = Buffer.from([0x55, 0x04, 0x03])
/** 1.2.840.10045.4.3.2 */
const ecdsaWithSha256 = Buffer.from([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02])

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return der(tags.sequence, ...parts)
}

/** Tag, length, content; nothing here is longer than 65,535 bytes. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...head]), content])
}
