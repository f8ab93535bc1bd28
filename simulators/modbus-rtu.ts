import type { Framing, Request } from './modbus-frames.ts'

/** Modbus RTU frames as the slave sees them: pure, bytes in, bytes out. The same on a wire and inside a TCP connection. */

const crcBytes = 2
const shortest = 4
const longest = 256

/** CRC-16/MODBUS: polynomial 0xA001 reflected, start 0xFFFF. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1
  }
  return crc
}

export function rtuFrame(unit: number, pdu: Buffer): Buffer {
  const framed = Buffer.alloc(1 + pdu.length + crcBytes)
  framed.writeUInt8(unit, 0)
  pdu.copy(framed, 1)
  framed.writeUInt16LE(crc16(framed.subarray(0, -crcBytes)), framed.length - crcBytes)
  return framed
}

/** A byte that starts no good frame is noise, or a piece of somebody else's answer: it is passed over. */
export function takeRtuRequests(bytes: Buffer): { requests: readonly Request[]; rest: Buffer } {
  const requests: Request[] = []
  let at = 0
  while (bytes.length - at >= shortest) {
    const length = lengthOf(bytes.subarray(at))
    if (length === undefined) break
    const whole = bytes.subarray(at, at + length)
    if (length === 0 || !isSound(whole)) {
      at++
      continue
    }
    requests.push({ transaction: 0, unit: whole.readUInt8(0), pdu: whole.subarray(1, -crcBytes) })
    at += length
  }
  return { requests, rest: bytes.subarray(at) }
}

/** 0: no request starts here; `undefined`: it is not all there yet. */
function lengthOf(bytes: Buffer): number | undefined {
  const functionCode = bytes.readUInt8(1)
  if (functionCode >= 1 && functionCode <= 6) return bytes.length < 8 ? undefined : 8
  if (functionCode === 15 || functionCode === 16) {
    if (bytes.length < 7) return undefined
    const length = 9 + bytes.readUInt8(6)
    if (length > longest) return 0
    return bytes.length < length ? undefined : length
  }
  // An unknown function has no length that is known: it ends where its check sum fits.
  for (let length = shortest; length <= Math.min(bytes.length, longest); length++) {
    if (isSound(bytes.subarray(0, length))) return length
  }
  return 0
}

function isSound(frame: Buffer): boolean {
  return frame.readUInt16LE(frame.length - crcBytes) === crc16(frame.subarray(0, -crcBytes))
}

export const rtuFraming: Framing = {
  name: 'rtu',
  take: takeRtuRequests,
  frame: ({ unit }, pdu) => rtuFrame(unit, pdu),
}
