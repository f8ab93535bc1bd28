import { expect, test } from 'vitest'
import { type Account, Found, missingAsDrops } from './missing.ts'

const account: Account = {
  ...{ stream: 'telemetry', epoch: 7, lastSeq: 20, produced: 200 },
  waiting: { batches: 10, samples: 100, first: 11 },
}

function found(...seqs: readonly number[]): Found {
  const those = new Found()
  for (const seq of seqs) those.add(seq, 10)
  return those
}

test('a stream that has all it was to have misses nothing, delivered ones included', () => {
  expect(missingAsDrops(account, found(20, 19, 18, 17, 16, 15, 14, 13, 12, 11), 1)).toEqual([])
})

test('what is missing is named from the first that waited on, with samples that add up', () => {
  const drops = missingAsDrops(account, found(11, 13, 14, 17, 18, 19), 5)
  expect(drops.map(({ firstSeq, lastSeq, samples }) => [firstSeq, lastSeq, samples])).toEqual([
    [12, 12, 10],
    [15, 16, 20],
    [20, 20, 10],
  ])
  expect(drops[0]).toMatchObject({ stream: 'telemetry', epoch: 7, reason: 'corrupt', at: 5 })
})

test('without an account every number that was not found may be missing', () => {
  const drops = missingAsDrops({ ...account, waiting: undefined }, found(3, 4), 1)
  expect(drops.map(({ firstSeq, lastSeq, samples }) => [firstSeq, lastSeq, samples])).toEqual([
    [1, 2, 0],
    [5, 20, 0],
  ])
})

test('a number counts once', () => {
  const those = found(5)
  expect(those.add(5, 10)).toBe(false)
  expect([those.batches, those.samples, those.lastSeq]).toEqual([1, 10, 5])
})
