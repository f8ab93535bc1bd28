import { crc32 } from 'node:zlib'
import { varint } from './encode-strings.ts'
import { telemetryVersion } from './header.ts'

type Content = {
  /** As it travels: the body, or its zstd frame. */
  readonly body: Uint8Array
  readonly isPacked?: boolean
  /** Of the body itself. */
  readonly length?: number
  readonly epoch?: number
  readonly firstSeq?: number
  readonly lastSeq?: number
}

/** Puts header and checksum around a body, whatever it holds. */
export function seal({
  body,
  isPacked = false,
  length = body.length,
  epoch = 0,
  firstSeq = 0,
  lastSeq = firstSeq,
}: Content) {
  const head = Buffer.concat([
    Uint8Array.of(telemetryVersion, isPacked ? 1 : 0),
    varint(epoch),
    varint(firstSeq),
    varint(lastSeq - firstSeq),
    varint(length),
  ])
  // A buffer of its own, so that it can be transferred to another thread.
  const message = new Uint8Array(head.length + body.length + 4)
  message.set(head)
  message.set(body, head.length)
  const end = head.length + body.length
  new DataView(message.buffer).setUint32(end, crc32(message.subarray(0, end)), true)
  return message
}
