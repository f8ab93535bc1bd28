import { expect, test } from 'vitest'
import { pictureType, withoutMetadata } from './picture.ts'

const place = 'N 30.15.00'

function segment(marker: number, content: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt16BE(0xff00 | marker, 0)
  head.writeUInt16BE(content.length + 2, 2)
  return Buffer.concat([head, content])
}

/** What a phone writes: little-endian, two entries, the second with which side is up. */
function exif(orientation: number): Buffer {
  const tiff = Buffer.alloc(8 + 2 + 2 * 12)
  tiff.write('II', 0)
  tiff.writeUInt16LE(42, 2)
  tiff.writeUInt32LE(8, 4)
  tiff.writeUInt16LE(2, 8)
  tiff.writeUInt16LE(0x0110, 10)
  tiff.writeUInt16LE(0x0112, 22)
  tiff.writeUInt16LE(3, 24)
  tiff.writeUInt32LE(1, 26)
  tiff.writeUInt16LE(orientation, 30)
  return segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), tiff, Buffer.from(place)]))
}

const scan = Buffer.from([0xff, 0xda, 0, 2, 1, 2, 3, 0xff, 0xd9])
const jfif = segment(0xe0, Buffer.from('JFIF\0'))
const jpeg = (...segments: Buffer[]) => Buffer.concat([Buffer.from([0xff, 0xd8]), ...segments, scan])

test('a JPEG loses its place and its comments, and keeps its pixels and which side is up', () => {
  const photo = jpeg(
    jfif,
    exif(6),
    segment(0xfe, Buffer.from('a comment')),
    segment(0xdb, Buffer.from('table')),
  )
  const clean = Buffer.from(withoutMetadata(photo) ?? [])
  expect(clean.includes(place)).toBe(false)
  expect(clean.includes('comment')).toBe(false)
  expect(clean.includes('table')).toBe(true)
  expect(clean.subarray(-scan.length)).toEqual(scan)
  expect(pictureType(clean)).toBe('image/jpeg')
  // The same again finds the orientation in what was written, and changes nothing.
  expect(Buffer.from(withoutMetadata(clean) ?? [])).toEqual(clean)
  expect(clean.includes(Buffer.from([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6]))).toBe(true)
})

test('a picture that stands upright needs no word about it', () => {
  expect(Buffer.from(withoutMetadata(jpeg(exif(1))) ?? [])).toEqual(jpeg())
})

test('a PNG loses its texts', () => {
  const chunk = (name: string, content: string) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(content.length)
    return Buffer.concat([length, Buffer.from(name), Buffer.from(content), Buffer.alloc(4)])
  }
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  const whole = [
    chunk('IHDR', '1'),
    chunk('tEXt', place),
    chunk('eXIf', place),
    chunk('IDAT', '2'),
    chunk('IEND', ''),
  ]
  const clean = Buffer.from(withoutMetadata(Buffer.concat([signature, ...whole])) ?? [])
  expect(clean).toEqual(Buffer.concat([signature, chunk('IHDR', '1'), chunk('IDAT', '2'), chunk('IEND', '')]))
})

test.each([
  ['no picture', Buffer.from('<svg onload="x">')],
  ['a JPEG that ends too soon', jpeg(jfif).subarray(0, 8)],
  ['a segment longer than the file', Buffer.from([0xff, 0xd8, 0xff, 0xe1, 0xff, 0xff, 1])],
  ['nothing', Buffer.alloc(0)],
])('%s is no picture', (_name, bytes) => expect(withoutMetadata(bytes)).toBeUndefined())
