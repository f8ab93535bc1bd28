import { createCipheriv, createECDH, hkdfSync, randomBytes } from 'node:crypto'

/** What a browser says of itself when it subscribes, base64url. */
export type PushKeys = { readonly p256dh: string; readonly auth: string }

/** For a test that has to know what comes out. */
export type Chance = { readonly salt: Uint8Array; readonly privateKey: Uint8Array }

const recordSize = 4096
/** What a push service has to take (RFC 8030 §7.2), less the header, the delimiter and the tag. */
export const maxPushBytes = 4096 - (16 + 4 + 1 + 65) - 1 - 16

/** One record of `aes128gcm` that the subscribed browser alone can read (RFC 8291 §3.4, RFC 8188 §2). */
export function encryptPush(plaintext: Uint8Array, keys: PushKeys, chance?: Chance): Buffer {
  const receiver = Buffer.from(keys.p256dh, 'base64url')
  const own = createECDH('prime256v1')
  if (chance === undefined) own.generateKeys()
  else own.setPrivateKey(chance.privateKey)
  const sender = own.getPublicKey()
  const salt = chance?.salt ?? randomBytes(16)

  const keyInfo = Buffer.concat([Buffer.from('WebPush: info\0'), receiver, sender])
  const secret = derive(own.computeSecret(receiver), Buffer.from(keys.auth, 'base64url'), keyInfo, 32)
  const key = derive(secret, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16)
  const nonce = derive(secret, salt, Buffer.from('Content-Encoding: nonce\0'), 12)

  const cipher = createCipheriv('aes-128-gcm', key, nonce)
  const lastRecord = Buffer.from([2])
  const encrypted = [cipher.update(plaintext), cipher.update(lastRecord), cipher.final(), cipher.getAuthTag()]
  const header = Buffer.alloc(21)
  header.set(salt)
  header.writeUInt32BE(recordSize, 16)
  header.writeUInt8(sender.length, 20)
  return Buffer.concat([header, sender, ...encrypted])
}

function derive(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, length))
}

/** Whether a browser's keys are a point of the curve and a secret of 16 bytes. Pure. */
export function arePushKeys({ p256dh, auth }: PushKeys): boolean {
  if (Buffer.from(auth, 'base64url').length !== 16) return false
  try {
    const probe = createECDH('prime256v1')
    probe.generateKeys()
    probe.computeSecret(Buffer.from(p256dh, 'base64url'))
    return true
  } catch {
    return false // not on the curve, or not a point at all
  }
}
