import { describe, expect, test } from 'vitest'

import { Adaptive } from './adaptive.ts'
import { BitReader, unzigzag } from './bit-reader.ts'
import { BitWriter, zigzag } from './bit-writer.ts'
import { float32OfOrder, orderOfFloat32 } from './column-codes.ts'
import { seededRandom } from './seeded-batches.ts'

function written(write: (bits: BitWriter) => void): string {
  const bits = new BitWriter(1)
  write(bits)
  return [...bits.finish()].map((byte) => byte.toString(2).padStart(8, '0')).join(' ')
}

describe('the bits are the ones of the page', () => {
  test('most significant first, filled up with zeros', () => {
    expect(written((bits) => bits.bits(0b101, 3))).toBe('10100000')
  })

  test.each([
    [0, 0, '00000000'],
    [1, 0, '10000000'],
    [2, 0, '10100000'],
    [3, 2, '01100000'],
    [4, 2, '10000000'],
    [12, 2, '11000000'],
  ])('%d in order %d', (value, k, bits) => {
    expect(written((writer) => writer.golomb(value, k))).toBe(bits)
  })
})

test('numbers of every size come back, in every order and at every bit', () => {
  const random = seededRandom(5)
  const bits = new BitWriter(8)
  const numbers: [value: number, k: number][] = []
  for (let i = 0; i < 20_000; i++) {
    const value = Math.floor(random() * 2 ** Math.floor(random() * 53))
    numbers.push([value, Math.floor(random() * 25)])
  }
  for (const edge of [2 ** 24 - 1, 2 ** 24, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 48, 2 ** 53 - 2])
    numbers.push([edge, 0])
  for (const [value, k] of numbers) bits.golomb(value, k)
  const reader = new BitReader(bits.finish())
  for (const [value, k] of numbers) expect(reader.golomb(k)).toBe(value)
  expect(() => reader.finish()).not.toThrow()
})

test('wide numbers come back', () => {
  const bits = new BitWriter(8)
  for (let count = 1; count <= 53; count++) bits.wide(2 ** count - 1, count)
  const reader = new BitReader(bits.finish())
  for (let count = 1; count <= 53; count++) expect(reader.wide(count)).toBe(2 ** count - 1)
})

test('a learnt order fits the numbers after a few of them', () => {
  const state = new Adaptive(2)
  for (let i = 0; i < 10; i++) state.learn(1000 + i)
  expect(state.k).toBe(9)
  for (let i = 0; i < 250; i++) state.learn(3)
  expect(state.k).toBe(1)
})

test('signed numbers come back', () => {
  for (const value of [0, 1, -1, 2, -2, 2 ** 51, -(2 ** 51)]) expect(unzigzag(zigzag(value))).toBe(value)
})

test('float32 values and their order numbers', () => {
  const values = [
    Number.NEGATIVE_INFINITY,
    -3.4e38,
    -1,
    -1e-45,
    -0,
    0,
    1e-45,
    1,
    3.4e38,
    Number.POSITIVE_INFINITY,
  ]
  const floats = values.map(Math.fround)
  const orders = floats.map(orderOfFloat32)
  expect(orders.map(float32OfOrder)).toEqual(floats)
  expect(orders).toEqual(orders.toSorted((a, b) => a - b))
  expect(new Set(orders).size).toBe(orders.length)
})

test('reading past the end names the section', () => {
  const reader = new BitReader(Uint8Array.of(0xff))
  reader.section = 'the times of group 3'
  expect(() => reader.bits(9)).toThrow('ended early in the times of group 3')
  expect(() => new BitReader(new Uint8Array(20).fill(255)).golomb(0)).toThrow('more than 53 bits')
})
