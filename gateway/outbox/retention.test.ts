import { expect, test } from 'vitest'
import { planDrop, rowOverheadBytes, type StoredBatch } from './retention.ts'

const why = { at: 99, reason: 'disk-budget' }

function batch(seq: number, epoch = 1): StoredBatch {
  return { stream: 'telemetry', epoch, seq, samples: 10, bytes: 100, firstT: seq * 10, lastT: seq * 10 + 9 }
}

test('takes the oldest until enough is free, as one range', () => {
  const plan = planDrop([batch(3), batch(4), batch(5)], 150 + rowOverheadBytes, why)
  expect(plan).toEqual({
    batches: 2,
    freedBytes: 2 * (100 + rowOverheadBytes),
    drops: [
      {
        ...{ stream: 'telemetry', epoch: 1, firstSeq: 3, lastSeq: 4, samples: 20 },
        ...{ reason: 'disk-budget', at: 99, from: 30, to: 49 },
      },
    ],
  })
})

test('a number that is not there (delivered before) and a new epoch begin a new range', () => {
  const { drops } = planDrop([batch(3), batch(5), batch(1, 2)], 1e9, why)
  expect(drops.map(({ epoch, firstSeq, lastSeq }) => [epoch, firstSeq, lastSeq])).toEqual([
    [1, 3, 3],
    [1, 5, 5],
    [2, 1, 1],
  ])
})

test('nothing to free, nothing dropped', () => {
  expect(planDrop([batch(1)], 0, why)).toEqual({ drops: [], freedBytes: 0, batches: 0 })
})
