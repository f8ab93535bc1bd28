import { expect, test } from 'vitest'
import { chartData } from './chart-data.ts'
import { bandEntries, gapMs, type History, heldToEnd, rawEntries, withTail } from './history.ts'

const history = (entries: History['entries'], more: Partial<History> = {}): History => ({
  span: { from: 0, to: 1000 },
  entries,
  truncated: false,
  ...more,
})
const good = (t: number, value: number) => ({ t, value, quality: 'good' as const })
const name = String

test('the line breaks where nothing is known for too long', () => {
  const { line } = chartData([good(0, 1), good(10, 2), good(100, 3)], 50, name)
  expect(line).toEqual([
    [0, 1],
    [10, 2],
    [11, null],
    [100, 3],
  ])
})

test('an entry with nothing on either side is drawn by itself', () => {
  const { lone } = chartData([good(0, 1), good(10, 2), good(100, 3), good(200, 4), good(210, 5)], 50, name)
  expect(lone).toEqual([[100, 3]])
})

test('a bad sample breaks the line and is marked, a stale one keeps its place', () => {
  const data = chartData(
    [good(0, 1), { t: 5, value: null, quality: 'bad' }, { t: 7, value: 4, quality: 'stale' }, good(10, 2)],
    50,
    name,
  )
  expect(data.line).toEqual([
    [0, 1],
    [5, null],
    [7, null],
    [10, 2],
  ])
  expect(data.bad).toEqual([5])
  expect(data.stale).toEqual([[7, 4]])
})

test('states become places on the axis', () => {
  const on = { t: 0, value: true, quality: 'good' as const }
  expect(chartData([on], 50, name)).toMatchObject({ states: ['false', 'true'], line: [[0, 1]] })
  const modes = ['heat', 'cool'].map((value, t) => ({ t, value, quality: 'good' as const }))
  expect(chartData(modes, 50, name)).toMatchObject({
    states: ['cool', 'heat'],
    line: [
      [0, 1],
      [1, 0],
    ],
  })
})

test('a bucket has its mean and its band', () => {
  const entries = bandEntries([[0, 5, 'good']], [[0, 1, 'good']], [[0, 9, 'good']])
  expect(entries).toEqual([{ t: 0, value: 5, quality: 'good', low: 1, high: 9 }])
  const { low, high } = chartData(entries, 50, name)
  expect([low, high]).toEqual([[[0, 1]], [[0, 9]]])
})

test('live samples go on where the answer ended, each once, and the window moves with them', () => {
  const live = [good(900, 8), good(1000, 9), good(1500, 10)]
  const { entries, span } = withTail(
    history(
      rawEntries([
        [100, 1, 'good'],
        [1000, 9, 'good'],
      ]),
    ),
    live,
    1000,
  )
  expect(entries.map(({ t }) => t)).toEqual([1000, 1500])
  expect(span).toEqual({ from: 500, to: 1500 })
})

test('the window moves on while nothing new comes', () => {
  expect(withTail(history([good(100, 1), good(900, 2)]), [], 1300)).toMatchObject({
    span: { from: 300, to: 1300 },
    entries: [{ t: 900 }],
  })
})

test('a state lasts to the end of the window, but not longer than it may be believed', () => {
  const times = (limitMs: number) => heldToEnd(history([good(400, 1)]), limitMs).map(({ t }) => t)
  expect(times(5000)).toEqual([400, 1000])
  expect(times(200)).toEqual([400, 600])
  expect(heldToEnd(history([{ t: 400, value: null, quality: 'bad' }]), 5000)).toHaveLength(1)
})

test('after buckets only what is newer than the last bucket is added', () => {
  const { entries } = withTail(history([good(800, 1)], { bucketMs: 100 }), [good(850, 2), good(950, 3)], 1000)
  expect(entries.map(({ t }) => t)).toEqual([800, 950])
})

test('a gap is longer than the point may be silent, and longer than a few buckets', () => {
  expect(gapMs(history([]), 30_000)).toBe(30_000)
  expect(gapMs(history([], { bucketMs: 60_000 }), 30_000)).toBe(150_000)
  expect(gapMs(history([good(0, 1), good(20_000, 1), good(40_000, 1)]), undefined)).toBe(100_000)
})
