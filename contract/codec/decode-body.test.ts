import { describe, expect, test } from 'vitest'
import { BitWriter } from './bit-writer.ts'
import { decodeBody } from './decode-body.ts'
import { varint } from './encode-strings.ts'

/** A number and the order of its Golomb code; a text is plain bits. */
type Field = readonly [value: number, order: number] | string

function body(text: string | Uint8Array, fields: readonly Field[]): Uint8Array {
  const bits = new BitWriter(64)
  for (const field of fields) {
    if (typeof field !== 'string') bits.golomb(...field)
    else for (const bit of field) bits.bits(Number(bit), 1)
  }
  const bytes = Buffer.from(text)
  // Zeros behind, so that not every claim fails for want of bits.
  return Buffer.concat([varint(bytes.length), bytes, bits.finish(), new Uint8Array(200_000)])
}

const noStrings: readonly Field[] = [
  [0, 0],
  [0, 0],
]
/** One prefix `a`, no spelled-out names, no texts, the start time, and then `fields`. */
function oneGroup(...fields: readonly Field[]): Uint8Array {
  return body('a', [[0, 2], [0, 0], [1, 3], ...noStrings, [0, 40], ...fields])
}

/** Device `a0`, no period, one tick. */
const device: readonly Field[] = [
  [0, 2],
  [1, 1],
  [0, 0],
  [0, 0],
  [0, 10],
]
const temperature: Field = [34, 1]
/** One point, one sample of it; then `fields`: the code of the column, the exceptions and so on. */
function oneSample(...fields: readonly Field[]): Uint8Array {
  return oneGroup(...device, [0, 2], temperature, [0, 4], [0, 1], ...fields)
}

const noExceptions: Field = [0, 0]
const codes = { float32: '1010', float64: '1011', text: '1101', none: '1110', unknown: '1111', whole: '0000' }
const notANumber = `${'0'}${'1'.repeat(12)}${'0'.repeat(51)}`

describe('counts and indexes are checked before anything is made of them', () => {
  test.each<[string, Uint8Array]>([
    ['10001 of the device names, at most 10000', body('', [[10_000, 2]])],
    ['9007199254740988 of the device names', body('', [[2 ** 53 - 5, 2]])],
    ['a number of more than 53 bits in the device names', body('', ['1'.repeat(60)])],
    [
      'the text bytes end early in the device names',
      body('', [
        [0, 2],
        [0, 0],
        [9, 3],
      ]),
    ],
    [
      '1 shared bytes of 0',
      body('a', [
        [0, 2],
        [1, 0],
      ]),
    ],
    [
      '513 bytes in the device names, at most 512',
      body('a'.repeat(600), [
        [0, 2],
        [0, 0],
        [513, 3],
      ]),
    ],
    [
      'not UTF-8 in the device names',
      body(Uint8Array.of(255), [
        [0, 2],
        [0, 0],
        [1, 3],
      ]),
    ],
    [
      '10001 of the point names',
      body('', [
        [0, 2],
        [0, 0],
        [0, 3],
        [10_001, 0],
      ]),
    ],
    [
      '10001 of the texts',
      body('', [
        [0, 2],
        [0, 0],
        [0, 3],
        [0, 0],
        [10_001, 0],
      ]),
    ],
    ['1 bytes of text left over', body('a', [[0, 2], [0, 0], [0, 3], ...noStrings])],
    ['more than 10000 devices in the devices of group 1', oneGroup([10_000, 2])],
    ['device number 1000000000', oneGroup([0, 2], [1e9 + 1, 1])],
    ['more than 100000 times in the times of group 1', oneGroup([0, 2], [1, 1], [0, 0], [100_000, 0])],
    ['time 4503599627370496', oneGroup([0, 2], [1, 1], [0, 0], [0, 0], [2 ** 52, 10])],
    ['times that go back', oneGroup([0, 2], [1, 1], [100, 0], [1, 0], [0, 10], [0, 0], [1, 5])],
    ['more than 10000 points', oneGroup(...device, [10_000, 2])],
    ['point name 79 in the points of group 1, unknown here', oneGroup(...device, [0, 2], [79, 1])],
    ['point name 34 twice', oneGroup(...device, [1, 2], temperature, [0, 1])],
    ['number 65536 of a point name', oneGroup(...device, [0, 2], [59, 1], [65_536, 2])],
    ['more spelled-out points than names', oneGroup(...device, [0, 2], [0, 1])],
    ['100001 samples', oneGroup(...device, [0, 2], temperature, [100_000, 4])],
    ['point 2 of 1 in the cells of group 1', oneGroup(...device, [0, 2], temperature, [0, 4], [1, 1])],
    ['code 15 in the values of column 1', oneSample(codes.unknown, noExceptions)],
    ['exception at sample 1 of 1', oneSample(codes.none, [1, 0], [1, 4])],
    ['text 0 of 0 in the values of column 1', oneSample(codes.text, noExceptions)],
    ['NaN in the values of column 1', oneSample(codes.float64, noExceptions, notANumber)],
    ['no float32 in the values', oneSample(codes.float32, noExceptions, [2 * 0x7fc00000, 8])],
    ['whole number 281474976710657', oneSample(codes.whole, noExceptions, [2 * (2 ** 48 + 1), 8])],
    ['a run up to sample 2 of 1 in the qualities', oneSample(codes.none, noExceptions, '1', [1, 5])],
    ['65536 in the qualities', oneSample(codes.none, noExceptions, '1', [0, 5], [65_536, 8])],
    ['2 in the late marks', oneSample(codes.none, noExceptions, '01', [0, 5], [2, 8])],
    ['bytes left over after the last value', oneSample(codes.none, noExceptions)],
  ])('%s', (reason, bytes) => {
    expect(() => decodeBody(bytes)).toThrow(reason)
  })
})

test('the same point by two spellings is refused', () => {
  // Prefix `a` with number 12, prefix `a1` with number 2; in the second group the states have learnt of the first.
  const point: Field[] = [[0, 2], temperature, [0, 4]]
  const first: Field[] = [[0, 2], [13, 1], [0, 0], [0, 0], [0, 10], ...point, [0, 1]]
  const second: Field[] = [[0, 2], [3, 2], [0, 0], [0, 0], [0, 9], ...point, [0, 0]]
  const prefixes: Field[] = [
    [1, 2],
    [0, 0],
    [1, 3],
    [1, 0],
    [1, 3],
  ]
  const bytes = body('a1', [...prefixes, ...noStrings, [0, 40], ...first, ...second])
  expect(() => decodeBody(bytes)).toThrow('the same point twice')
})

test('reading a message made by hand', () => {
  const bytes = oneSample(codes.whole, noExceptions, [42, 8], '00')
  const { points, value, quality } = decodeBody(bytes.subarray(0, bytes.length - 200_000))
  expect([points, [...value], [...quality]]).toEqual([['a0/temperature'], [21], [192]])
})
