import { describe, expect, test } from 'vitest'
import { good, qualityCodes } from '#contract/quality.ts'
import { decodeValue, encodeValue, type Step } from './pipeline-values.ts'
import { stepsOf } from './steps.ts'

const num = (steps: readonly Step[]) => ({ kind: 'num' as const, steps })
const bool = (steps: readonly Step[]) => ({ kind: 'bool' as const, steps })
const doors: Step[] = [
  {
    op: 'map',
    pairs: [
      ['OPEN', true],
      ['CLOSE', false],
    ],
  },
]

describe('decoding', () => {
  test.each<[string, unknown, Parameters<typeof decodeValue>[1], unknown]>([
    ['a plain number', 21.5, num([]), 21.5],
    ['a mapped word', 'OPEN', bool(doors), true],
    ['a negated bit', true, bool([{ op: 'transform', name: 'bool_not' }]), false],
    ['a level', 127, num([{ op: 'transform', name: 'lin254' }]), 50],
    ['tenths with an offset', 235, num([{ op: 'linear', mul: 1, div: 10, add: -40 }]), -16.5],
    ['noise of a float', 230.1999969482422, num([{ op: 'round', count: 1, per: 10 }]), 230.2],
    ['a fifth', 0.87, num([{ op: 'round', count: 5, per: 100 }]), 0.85],
    ['no minus zero', -0.04, num([{ op: 'round', count: 1, per: 10 }]), 0],
    ['a text', 'v1.2', { kind: 'text', steps: [] }, 'v1.2'],
  ])('%s', (_name, raw, meaning, value) => {
    expect(decodeValue(raw, meaning)).toEqual({ value, quality: good })
  })

  test.each<[string, unknown, Parameters<typeof decodeValue>[1], keyof typeof qualityCodes]>([
    ['nothing', undefined, num([]), 'bad:missing'],
    ['null', null, num([]), 'bad:missing'],
    ['a sentinel', 0x7fff, num([{ op: 'missing', values: [0x7fff] }]), 'bad:missing'],
    ['an unknown word', 'AJAR', bool(doors), 'bad:map'],
    ['out of range', 101, num([{ op: 'valid', min: 0, max: 100 }]), 'bad:range'],
    ['not a number', Number.NaN, num([{ op: 'valid', min: 0, max: 100 }]), 'bad:decode'],
    ['infinity', Number.POSITIVE_INFINITY, num([]), 'bad:decode'],
    ['a word for a number', 'warm', num([]), 'bad:decode'],
    ['a word to scale', 'warm', num([{ op: 'linear', mul: 2, div: 1, add: 0 }]), 'bad:decode'],
    ['a number for yes or no', 1, bool([]), 'bad:decode'],
    ['an object', { v: 1 }, num([]), 'bad:decode'],
  ])('%s is bad with its reason', (_name, raw, meaning, quality) => {
    expect(decodeValue(raw, meaning)).toEqual({ value: null, quality: qualityCodes[quality] })
  })
})

describe('encoding', () => {
  test('undoes every step in the reverse order', () => {
    const steps: Step[] = [
      { op: 'missing', values: [255] },
      { op: 'transform', name: 'lin254' },
      { op: 'linear', mul: 3, div: 2, add: -4 },
      { op: 'valid', min: -4, max: 200 },
    ]
    for (const raw of [0, 1, 127, 254]) {
      const { value } = decodeValue(raw, num(steps))
      if (typeof value !== 'number') throw new Error('no value')
      const encoded = encodeValue(value, num(steps))
      if (!encoded.ok || typeof encoded.raw !== 'number') throw new Error('not encoded')
      expect(encoded.raw).toBeCloseTo(raw, 9)
    }
    expect(encodeValue(true, bool(doors))).toEqual({ ok: true, raw: 'OPEN' })
    expect(encodeValue(false, bool([{ op: 'transform', name: 'bool_not' }]))).toEqual({ ok: true, raw: true })
  })
  test.each<[unknown, Step[], string]>([
    ['maybe', doors, 'map'],
    [101, [{ op: 'valid', min: 0, max: 100 }], 'range'],
    [255, [{ op: 'missing', values: [255] }], 'missing'],
    ['x', [{ op: 'linear', mul: 2, div: 1, add: 0 }], 'type'],
    [1, [{ op: 'transform', name: 'bool_not' }], 'type'],
  ])('of %s is refused', (value, steps, reason) => {
    expect(encodeValue(value as never, num(steps))).toEqual({ ok: false, reason })
  })
})

describe('the steps of a point', () => {
  const meaning = { kind: 'num', unit: 'V', title: {}, valid: [0, 1000] } as const
  test('come in the order of the language, whatever the order of the keys', () => {
    const fields = {
      round: 0.1,
      valid: [0, 300],
      unit: 'mV',
      add: 1,
      mul_by: ['ratio'],
      transform: 'lin254',
      map: [[1, 2]],
      missing: [9],
    } as Parameters<typeof stepsOf>[0]
    const steps = stepsOf(fields, meaning, new Map([['ratio', 40]]))
    expect(steps.map(({ op }) => op)).toEqual([
      'missing',
      'map',
      'transform',
      'linear',
      'linear',
      'valid',
      'round',
    ])
    expect(steps[3]).toEqual({ op: 'linear', mul: 40, div: 1, add: 1 })
    expect(steps[4]).toMatchObject({ op: 'linear', mul: 1, div: 1000 })
  })
  test('have the range of the vocabulary where the profile names none, and no step that does nothing', () => {
    expect(stepsOf({ unit: 'V', mul: 1 }, meaning, new Map())).toEqual([{ op: 'valid', min: 0, max: 1000 }])
  })
  test('flip what a producer counts the other way', () => {
    const [flip] = stepsOf({ sign: 'producer', valid: [-9, 9] }, meaning, new Map())
    expect(flip).toEqual({ op: 'linear', mul: -1, div: 1, add: 0 })
  })
  test.each([0.1, 0.01, 0.001, 0.05, 0.5, 1, 5, 10])('round to %d without leaving noise', (resolution) => {
    const steps = stepsOf({ round: resolution, valid: [-1e6, 1e6] }, meaning, new Map())
    for (let i = -50; i < 500; i++) {
      const exact = Number((i * resolution).toFixed(6)) + 0
      expect(decodeValue(exact + resolution * 0.2, { kind: 'num', steps }).value).toBe(exact)
    }
  })
})
