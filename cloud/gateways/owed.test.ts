import { expect, test } from 'vitest'
import { owed } from './owed.ts'

test.each([
  ['nothing produced', 0, [], []],
  ['nothing accounted', 3, [], [[1, 3]]],
  ['everything accounted', 3, [[1, 3]], []],
  [
    'a gap at each end and in between',
    10,
    [
      [2, 3],
      [6, 8],
    ],
    [
      [1, 1],
      [4, 5],
      [9, 10],
    ],
  ],
  [
    'out of order and overlapping',
    10,
    [
      [6, 9],
      [1, 4],
      [3, 7],
    ],
    [[10, 10]],
  ],
  [
    'a large range with a small one inside',
    10,
    [
      [1, 8],
      [2, 3],
    ],
    [[9, 10]],
  ],
  [
    'more accounted than produced',
    4,
    [
      [1, 2],
      [6, 9],
    ],
    [[3, 4]],
  ],
] as const)('%s', (_name, produced, accounted, expected) => {
  expect(owed(produced, accounted)).toEqual(expected)
})
