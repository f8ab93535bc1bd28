/** CRC-16/MODBUS (polynomial 0xA001 reflected, start 0xFFFF), a byte at a time. */
const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >> 1) ^ 0xa001 : crc >> 1
  return crc
})

export function crc16(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0xffff
  for (let at = start; at < end; at++) crc = (crc >> 8) ^ (table[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0)
  return crc
}

/** Whether the last two of these bytes are the checksum of the others. */
export function hasCrc(bytes: Buffer, start: number, end: number): boolean {
  return end - start > 2 && bytes.readUInt16LE(end - 2) === crc16(bytes, start, end - 2)
}
