export type PictureType = 'image/png' | 'image/jpeg'

/** A picture of pixels only: an SVG can carry a program. */
const signatures: Readonly<Record<PictureType, readonly number[]>> = {
  'image/png': [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  'image/jpeg': [0xff, 0xd8, 0xff],
}

/** What the bytes are, whatever they were called; `undefined` when they are no picture that is taken. Pure. */
export function pictureType(bytes: Uint8Array): PictureType | undefined {
  const types = Object.keys(signatures) as PictureType[]
  return types.find((type) => signatures[type].every((byte, index) => bytes[index] === byte))
}

/**
 * The picture without what a phone adds to it: where it was taken, with what, by whom. Which side is up stays. `undefined` when
 * the bytes are not put together as a picture is (JPEG: ITU-T T.81 Annex B, Exif in APP1; PNG: chunks of ISO/IEC 15948). Pure.
 */
export function withoutMetadata(bytes: Uint8Array): Uint8Array | undefined {
  const type = pictureType(bytes)
  if (type === 'image/jpeg') return ofJpeg(bytes)
  return type === 'image/png' ? ofPng(bytes) : undefined
}

const startOfScan = 0xda
const app1 = 0xe1
const comment = 0xfe
/** JFIF, the colour profile, what Adobe says of the colours: needed to show the picture as it is. */
const keptSegments = new Set([0xe0, 0xe2, 0xee])

function ofJpeg(bytes: Uint8Array): Uint8Array | undefined {
  const read = readSegments(bytes)
  if (read === undefined) return undefined
  const { segments, scan } = read
  const orientation = segments.map(orientationOf).findLast((one) => one !== undefined) ?? 1
  return Buffer.concat([
    bytes.subarray(0, 2),
    ...(orientation === 1 ? [] : [orientationSegment(orientation)]),
    ...segments.filter(({ marker }) => !isMetadata(marker)).map(({ whole }) => whole),
    bytes.subarray(scan),
  ])
}

type Segment = { readonly marker: number; readonly whole: Uint8Array }

/** What stands before the pixels, and where those begin. */
function readSegments(
  bytes: Uint8Array,
): { readonly segments: readonly Segment[]; readonly scan: number } | undefined {
  const view = viewOf(bytes)
  const segments: Segment[] = []
  for (let at = 2; at + 4 <= bytes.length; ) {
    const marker = bytes[at + 1] ?? 0
    const end = at + 2 + view.getUint16(at + 2)
    if (bytes[at] !== 0xff || end < at + 4 || end > bytes.length) return undefined
    if (marker === startOfScan) return { segments, scan: at }
    segments.push({ marker, whole: bytes.subarray(at, end) })
    at = end
  }
  return undefined
}

function isMetadata(marker: number): boolean {
  return (marker >= 0xe0 && marker <= 0xef && !keptSegments.has(marker)) || marker === comment
}

const exifMark = 'Exif\0\0'
const orientationTag = 0x0112

function orientationOf({ marker, whole }: Segment): number | undefined {
  const segment = whole.subarray(4)
  if (marker !== app1) return undefined
  if (Buffer.from(segment.subarray(0, 6)).toString('latin1') !== exifMark) return undefined
  const tiff = viewOf(segment.subarray(6))
  if (tiff.byteLength < 8) return undefined
  const isLittle = tiff.getUint16(0) === 0x4949
  const directory = tiff.getUint32(4, isLittle)
  if (directory + 2 > tiff.byteLength) return undefined
  const entries = tiff.getUint16(directory, isLittle)
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + i * 12
    if (entry + 12 > tiff.byteLength) return undefined
    if (tiff.getUint16(entry, isLittle) !== orientationTag) continue
    const value = tiff.getUint16(entry + 8, isLittle)
    return value >= 1 && value <= 8 ? value : undefined
  }
  return undefined
}

/** An Exif segment that says which side is up and nothing else. */
function orientationSegment(orientation: number): Uint8Array {
  const tiff = Buffer.alloc(26)
  tiff.write('MM', 0, 'latin1')
  tiff.writeUInt16BE(42, 2)
  tiff.writeUInt32BE(8, 4)
  tiff.writeUInt16BE(1, 8)
  tiff.writeUInt16BE(orientationTag, 10)
  tiff.writeUInt16BE(3, 12)
  tiff.writeUInt32BE(1, 14)
  tiff.writeUInt16BE(orientation, 18)
  const head = Buffer.alloc(4)
  head.writeUInt16BE(0xff00 | app1, 0)
  head.writeUInt16BE(2 + exifMark.length + tiff.length, 2)
  return Buffer.concat([head, Buffer.from(exifMark, 'latin1'), tiff])
}

/** Chunks that are the picture and its colours; texts, times and Exif are not. */
const keptChunks = new Set([
  'IHDR',
  'PLTE',
  'IDAT',
  'IEND',
  'tRNS',
  'gAMA',
  'cHRM',
  'sRGB',
  'iCCP',
  'sBIT',
  'pHYs',
])

function ofPng(bytes: Uint8Array): Uint8Array | undefined {
  const view = viewOf(bytes)
  const kept: Uint8Array[] = [bytes.subarray(0, 8)]
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 12 + view.getUint32(at)
    if (end > bytes.length) return undefined
    const name = Buffer.from(bytes.subarray(at + 4, at + 8)).toString('latin1')
    if (keptChunks.has(name)) kept.push(bytes.subarray(at, end))
    if (name === 'IEND') return Buffer.concat(kept)
    at = end
  }
  return undefined
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
