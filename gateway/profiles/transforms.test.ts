import { describe, expect, test } from 'vitest'
import type { Scalar } from './point.ts'
import { type TransformName, transformNames, transforms } from './transforms.ts'

const range = (from: number, to: number, step = 1) =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step)

/** Every raw value that means something, or enough of them. */
const raws: Record<TransformName, readonly Scalar[]> = {
  identity: [0, -1.5, 'on', true],
  bool_not: [true, false],
  // The other half of the range says the same power factor, for a leading current.
  pf_4q: range(-1, 1, 0.01),
  dali_log254: range(0, 254),
  lin254: range(0, 254),
  lin255: range(0, 255),
  mired_kelvin: range(80, 1000, 7),
  wind8_deg: range(0, 7),
  number_in_text: ['0', '-12.5', '1e3', ' 7 '],
  bcd: [0x0, 0x9, 0x10, 0x99, 0x1234, 0x99999999],
  epoch_s: [0, 1_767_600_000],
  epoch_ms: [0, 1_767_600_000_123],
}

describe.each(transformNames)('%s', (name) => {
  const { decode, encode } = transforms[name] as (typeof transforms)['identity']

  test.each(raws[name])('%s goes there and back', (raw) => {
    const value = decode(raw)
    if (value === undefined) throw new Error('means nothing')
    const back = encode(value)
    if (typeof raw === 'number') expect(back).toBeCloseTo(raw, 9)
    else expect(decode(back ?? '')).toBe(value)
  })
  if (name === 'identity') return
  test('what is of another kind means nothing', () => {
    const strange = name === 'bool_not' ? 1 : 'x'
    expect(decode(strange)).toBeUndefined()
    expect(encode(strange)).toBeUndefined()
  })
})

test.each<[TransformName, Scalar, Scalar | undefined]>([
  ['bool_not', true, false],
  ['pf_4q', 0.95, 0.95],
  ['pf_4q', 1.05, 0.95],
  ['pf_4q', -1.05, -0.95],
  ['pf_4q', 2.1, undefined],
  ['dali_log254', 254, 100],
  ['dali_log254', 0, 0],
  ['dali_log254', 255, undefined],
  ['lin254', 127, 50],
  ['lin255', 51, 20],
  ['mired_kelvin', 250, 4000],
  ['mired_kelvin', 0, undefined],
  ['wind8_deg', 3, 135],
  ['wind8_deg', 8, undefined],
  ['number_in_text', '23.50', 23.5],
  ['number_in_text', '0x10', undefined],
  ['number_in_text', '', undefined],
  ['bcd', 0x2025, 2025],
  ['bcd', 0x1a, undefined],
  ['epoch_s', 1_767_600_000, 1_767_600_000_000],
])('%s of %s is %s', (name, raw, value) => {
  const decoded = transforms[name].decode(raw as never)
  if (typeof value === 'number') expect(decoded).toBeCloseTo(value, 9)
  else expect(decoded).toBe(value)
})

test('DALI: the table of the standard, in percent', () => {
  // IEC 62386-102: 85 is 1 %, 170 is 10 %, 229 is 50.5 %.
  const { decode } = transforms.dali_log254
  expect(Number(decode(1))).toBeCloseTo(0.1, 3)
  expect(Number(decode(85))).toBeCloseTo(0.991, 2)
  expect(Number(decode(170))).toBeCloseTo(10.091, 2)
  expect(Number(decode(229))).toBeCloseTo(50.53, 1)
})

test('the wind turns over north', () => {
  expect(transforms.wind8_deg.encode(359)).toBe(0)
  expect(transforms.wind8_deg.encode(-45)).toBe(7)
})
