import { createHmac } from 'node:crypto'

/** An authenticator app as RFC 6238 describes it; on purpose not the cloud's code. */
export function appCode(secret: Buffer, nowMs: number): string {
  const counter = Buffer.alloc(8)
  counter.writeUInt32BE(Math.floor(nowMs / 30_000), 4)
  const mac = createHmac('sha1', secret).update(counter).digest()
  const offset = mac.readUInt8(19) % 16
  return `${(mac.readUInt32BE(offset) % 2 ** 31) % 1_000_000}`.padStart(6, '0')
}

export function decodeBase32(text: string): Buffer {
  const bits = [...text].map((one) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(one).toString(2).padStart(5, '0'),
  )
  return Buffer.from((bits.join('').match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}
