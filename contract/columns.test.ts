import { describe, expect, test } from 'vitest'
import {
  ColumnsBuilder,
  columnsOf,
  columnsProblem,
  maxTextLength,
  maxTime,
  mergeColumns,
  samplesOf,
} from './columns.ts'
import { qualityCodes } from './quality.ts'
import type { Sample, SampleColumns } from './sample.ts'

const mixed: Sample[] = [
  { point: 'a/temperature', t: 1000, value: 21.5, quality: 192 },
  { point: 'a/motion', t: 1000, value: true, quality: 192 },
  { point: 'b/light.scene', t: 1500, value: 'evening', quality: 192, late: true },
  { point: 'a/temperature', t: 2000, value: null, quality: qualityCodes['bad:timeout'] },
  { point: 'a/motion', t: 2000, value: false, quality: 500 },
]

test('samples survive the way into columns and back, in order', () => {
  expect(samplesOf(columnsOf(mixed))).toEqual(mixed)
})

describe('ColumnsBuilder', () => {
  test('take hands over what was collected and starts anew', () => {
    const builder = new ColumnsBuilder(1)
    for (const sample of mixed) builder.append(sample)
    expect(builder.length).toBe(5)
    const taken = builder.take()
    expect(builder.length).toBe(0)
    builder.append({ point: 'c/co2', t: 1, value: 600, quality: 192 })
    const [next] = samplesOf(builder.take())
    expect(samplesOf(taken)).toEqual(mixed)
    expect(next).toEqual({ point: 'c/co2', t: 1, value: 600, quality: 192 })
  })

  test('each column has a buffer of its own that can be transferred', () => {
    const columns = columnsOf(mixed)
    const buffers = [columns.series, columns.t, columns.value, columns.type, columns.quality].map(
      (c) => c.buffer,
    )
    expect(new Set(buffers).size).toBe(5)
    expect(buffers.map((buffer) => buffer.byteLength)).toEqual([20, 40, 40, 5, 10])
  })

  test('the mark for late is there only where a sample is late', () => {
    expect(columnsOf(mixed).late).toEqual(Uint8Array.of(0, 0, 1, 0, 0))
    expect(columnsOf(mixed.slice(0, 2)).late).toBeUndefined()
  })

  test('a NaN is no value, a time is whole, a text has its longest length and no half characters', () => {
    const [nan, long] = samplesOf(
      columnsOf([
        { point: 'a/x', t: 0.6, value: Number.NaN, quality: 0 },
        { point: 'a/x', t: -0.4, value: `${'x'.repeat(maxTextLength - 1)}🌙`, quality: 192 },
      ]),
    )
    expect(nan).toMatchObject({ t: 1, value: null })
    expect(long?.t).toBe(0)
    expect(Object.is(long?.t, -0)).toBe(false)
    expect(long?.value).toBe(`${'x'.repeat(maxTextLength - 1)}\ufffd`)
  })
})

test('an unknown quality code reads as plain bad', () => {
  const columns = { ...columnsOf(mixed.slice(0, 1)), quality: Uint16Array.of(77) }
  expect(samplesOf(columns)[0]?.quality).toBe(qualityCodes.bad)
})

describe('mergeColumns', () => {
  test('joins in order, with every point and text once', () => {
    const more: Sample[] = [
      { point: 'b/light.scene', t: 3000, value: 'evening', quality: 192 },
      { point: 'b/light.scene', t: 3001, value: 'off', quality: 192 },
      { point: 'a/motion', t: 3002, value: true, quality: 192 },
    ]
    const merged = mergeColumns([columnsOf(mixed.slice(1)), columnsOf(more), columnsOf(mixed)])
    expect(samplesOf(merged)).toEqual([...mixed.slice(1), ...more, ...mixed])
    expect(merged.points.toSorted()).toEqual(['a/motion', 'a/temperature', 'b/light.scene'])
    expect(merged.texts).toEqual(['evening', 'off'])
  })

  test('of nothing is nothing', () => {
    expect(samplesOf(mergeColumns([]))).toEqual([])
  })
})

describe('columnsProblem', () => {
  const good = columnsOf(mixed)

  test('finds nothing in what the builder made', () => {
    expect(columnsProblem(good)).toBeUndefined()
  })

  test.each<[string, Partial<SampleColumns>]>([
    ['columns of lengths 5, 5, 4, 5, 5, 5', { value: good.value.slice(1) }],
    ['sample 0: time NaN', { t: good.t.map(() => Number.NaN) }],
    ['sample 0: time 0.5', { t: good.t.map(() => 0.5) }],
    [`sample 0: time ${maxTime + 1}`, { t: good.t.map(() => maxTime + 1) }],
    ['sample 2: series 2 of 2 points', { points: good.points.slice(1) }],
    ['sample 0: a number that is NaN', { value: good.value.map(() => Number.NaN) }],
    ['sample 1: boolean 2', { value: good.value.map((_, i) => (i === 1 ? 2 : 0)) }],
    ['sample 2: text 0 of 0 texts', { texts: [] }],
    ['sample 0: value type 9', { type: good.type.map(() => 9) }],
  ])('%s', (problem, part) => {
    expect(columnsProblem({ ...good, ...part })).toContain(problem)
  })
})
