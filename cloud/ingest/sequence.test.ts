import { expect, test } from 'vitest'
import { addInterval, covers, epochStartedAt, type Interval, type IntervalSet, includes } from './sequence.ts'

const set: IntervalSet = [
  [1, 5],
  [10, 12],
  [20, 20],
]

test.each<[string, Interval, IntervalSet, { merged: Interval; count: number }]>([
  ['before all', [-3, -1], [[-3, -1], ...set], { merged: [-3, -1], count: 3 }],
  ['after all', [30, 31], [...set, [30, 31]], { merged: [30, 31], count: 2 }],
  [
    'in a gap',
    [14, 15],
    [
      [1, 5],
      [10, 12],
      [14, 15],
      [20, 20],
    ],
    { merged: [14, 15], count: 2 },
  ],
  [
    'touching the one before',
    [6, 7],
    [
      [1, 7],
      [10, 12],
      [20, 20],
    ],
    { merged: [1, 7], count: 2 },
  ],
  [
    'touching the one after',
    [8, 9],
    [
      [1, 5],
      [8, 12],
      [20, 20],
    ],
    { merged: [8, 12], count: 2 },
  ],
  [
    'closing a gap',
    [6, 9],
    [
      [1, 12],
      [20, 20],
    ],
    { merged: [1, 12], count: 4 },
  ],
  ['known already', [2, 4], set, { merged: [1, 5], count: 0 }],
  ['overlapping several', [4, 19], [[1, 20]], { merged: [1, 20], count: 11 }],
  ['everything', [0, 100], [[0, 100]], { merged: [0, 100], count: 92 }],
])('adding %s', (_name, interval, expected, { merged, count }) => {
  const added = addInterval(set, interval)
  expect(added.set).toEqual(expected)
  expect(added.merged).toEqual(merged)
  expect(added.count).toBe(count)
  expect(added.absorbed).toEqual(set.filter(([first]) => first >= merged[0] && first <= merged[1]))
})

test('any order of ranges gives the same as a set of numbers', () => {
  let seed = 7
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return seed % below
  }
  let intervals: IntervalSet = []
  const numbers = new Set<number>()
  for (let round = 0; round < 400; round++) {
    const first = random(1000)
    const last = first + random(6)
    let fresh = 0
    for (let seq = first; seq <= last; seq++) {
      if (!numbers.has(seq)) fresh++
      numbers.add(seq)
    }
    const added = addInterval(intervals, [first, last])
    expect(added.count).toBe(fresh)
    intervals = added.set
  }
  const all = Array.from({ length: 1010 }, (_, seq) => seq)
  expect(all.filter((seq) => includes(intervals, seq))).toEqual(all.filter((seq) => numbers.has(seq)))
  for (const [index, [first]] of intervals.entries()) {
    expect(first).toBeGreaterThan((intervals[index - 1]?.[1] ?? -2) + 1)
  }
})

test('covers asks for every number', () => {
  expect(covers(set, [1, 5])).toBe(true)
  expect(covers(set, [2, 3])).toBe(true)
  expect(covers(set, [5, 6])).toBe(false)
  expect(covers(set, [0, 1])).toBe(false)
  expect(covers(set, [4, 11])).toBe(false)
  expect(covers([], [1, 1])).toBe(false)
})

test('an epoch tells when the gateway was started', () => {
  const startedAt = Date.UTC(2026, 5, 1, 12, 0, 7)
  expect(epochStartedAt((startedAt / 1000) * 65_536 + 65_535)).toBe(startedAt)
})
