import { crc32 } from 'node:zlib'
import { maxBodyBytes, maxMessageBytes } from './limits.ts'
import { Malformed } from './malformed.ts'

export const telemetryVersion = 1

export type Header = {
  readonly epoch: number
  readonly firstSeq: number
  readonly lastSeq: number
  readonly isPacked: boolean
  readonly bodyLength: number
  /** Where the body, or its zstd frame, begins. It ends four bytes before the message does. */
  readonly bodyAt: number
}

const trailer = 4

/** Throws `Malformed`. */
export function readHeader(bytes: Uint8Array): Header {
  if (bytes.length > maxMessageBytes) {
    throw new Malformed(`${bytes.length} bytes, at most ${maxMessageBytes} are taken`)
  }
  const [version, flags] = bytes
  if (version !== telemetryVersion)
    throw new Malformed(`version ${version ?? 'missing'}, this program reads 1`)
  if (flags === undefined || flags > 1) throw new Malformed(`flags ${flags ?? 'missing'}, 0 and 1 are known`)
  const end = bytes.length - trailer
  const epoch = readVarint(bytes, 2, end)
  const first = readVarint(bytes, epoch.next, end)
  const span = readVarint(bytes, first.next, end)
  const length = readVarint(bytes, span.next, end)
  const lastSeq = first.value + span.value
  if (!Number.isSafeInteger(lastSeq)) throw new Malformed(`last sequence number ${lastSeq} in the header`)
  if (length.value > maxBodyBytes) {
    throw new Malformed(`a body of ${length.value} bytes declared, at most ${maxBodyBytes} are taken`)
  }
  checkSum(bytes, end)
  return {
    epoch: epoch.value,
    firstSeq: first.value,
    lastSeq,
    isPacked: flags === 1,
    bodyLength: length.value,
    bodyAt: length.next,
  }
}

function checkSum(bytes: Uint8Array, end: number): void {
  const stored = new DataView(bytes.buffer, bytes.byteOffset + end, trailer).getUint32(0, true)
  if (crc32(bytes.subarray(0, end)) !== stored) throw new Malformed('the checksum does not match')
}

/** Inverse of `varint`; numbers up to 2^53 - 1, ending before `end`. */
export function readVarint(bytes: Uint8Array, from: number, end: number): { value: number; next: number } {
  let value = 0
  let factor = 1
  for (let at = from; at < end && at < from + 8; at++) {
    const byte = bytes[at] ?? 0
    value += (byte & 127) * factor
    factor *= 128
    if (byte < 128) {
      if (!Number.isSafeInteger(value)) throw new Malformed(`a number above 2^53 at byte ${from}`)
      return { value, next: at + 1 }
    }
  }
  throw new Malformed(`the number at byte ${from} does not end`)
}
