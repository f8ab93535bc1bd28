import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** RFC 6238 section 4 and what authenticator apps assume when nobody says otherwise. */
const stepS = 30
const digits = 6
/** RFC 6238 section 5.2: one step of delay either way. */
const window = 1
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

export type Algorithm = 'sha1' | 'sha256' | 'sha512'

/** RFC 4226 section 5.3. Pure. */
export function hotp(
  secret: Uint8Array,
  counter: number,
  length = digits,
  algorithm: Algorithm = 'sha1',
): string {
  const message = Buffer.alloc(8)
  message.writeBigUInt64BE(BigInt(counter))
  const mac = createHmac(algorithm, secret).update(message).digest()
  const offset = (mac.at(-1) ?? 0) & 0x0f
  const number = mac.readUInt32BE(offset) & 0x7fff_ffff
  return String(number % 10 ** length).padStart(length, '0')
}

export function stepAt(nowMs: number): number {
  return Math.floor(nowMs / 1000 / stepS)
}

/**
 * The step whose code this is, or `undefined`. A step that was used, or one before it, is not taken again: RFC 6238
 * section 5.2. Pure.
 */
export function matchingStep(
  secret: Uint8Array,
  code: string,
  { nowMs, lastStep }: { readonly nowMs: number; readonly lastStep: number | null },
): number | undefined {
  const typed = code.replace(/\s/g, '')
  if (!/^\d{6}$/.test(typed)) return undefined
  const now = stepAt(nowMs)
  let found: number | undefined
  for (let step = now - window; step <= now + window; step++) {
    if (step < 0) continue
    const fits = timingSafeEqual(Buffer.from(hotp(secret, step)), Buffer.from(typed))
    if (fits && step > (lastStep ?? -1)) found ??= step
  }
  return found
}

/** RFC 4226 section 4, R6: 160 bits. */
export function newSecret(): Buffer {
  return randomBytes(20)
}

/** RFC 4648 section 6, without padding. Pure. */
export function base32(bytes: Uint8Array): string {
  let bits = 0
  let held = 0
  let text = ''
  for (const byte of bytes) {
    held = (held << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) text += alphabet[(held >> (bits - 5)) & 31]
    held &= (1 << bits) - 1
  }
  return bits === 0 ? text : text + alphabet[(held << (5 - bits)) & 31]
}

/** The address that apps read from the code on the screen. Pure. */
export function otpauthUri(secret: Uint8Array, issuer: string, account: string): string {
  const name = (text: string) => encodeURIComponent(text)
  return `otpauth://totp/${name(issuer)}:${name(account)}?secret=${base32(secret)}&issuer=${name(issuer)}`
}
