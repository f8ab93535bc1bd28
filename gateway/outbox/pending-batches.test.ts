import { expect, test } from 'vitest'
import { columnsOf } from '#contract/columns.ts'
import { good } from '#contract/quality.ts'
import type { EncodedBatch } from './batch.ts'
import { PendingBatches } from './pending-batches.ts'

const epoch = 7

function columns(count: number, t = 1_000) {
  return columnsOf(
    Array.from({ length: count }, (_, i) => ({ point: 'm/p', t: t + i, value: i, quality: good })),
  )
}

function encoded(seq: number, samples: number): EncodedBatch {
  return { epoch, seq, samples, createdAt: 1, firstT: 1, lastT: 2, payload: new Uint8Array(3) }
}

test('numbers begin at 1 and a group takes the oldest up to its size', () => {
  const pending = new PendingBatches(epoch, 100)
  for (let i = 0; i < 4; i++) pending.add(columns(10), 1)
  const group = pending.take(25)
  expect(group.taken.map(({ seq }) => seq)).toEqual([1, 2])
  expect(group.produced).toEqual({ lastSeq: 2, samples: 20 })
  expect(pending.take(1).taken.map(({ seq }) => seq)).toEqual([3])
  expect(pending.samples).toBe(10)
})

test('over the budget the oldest goes and the range is counted', () => {
  const pending = new PendingBatches(epoch, 25)
  for (let i = 0; i < 5; i++) pending.add(columns(10, 1_000 * (i + 1)), 50 + i)
  expect(pending.takeDrops()).toEqual([
    {
      stream: 'telemetry',
      epoch,
      firstSeq: 1,
      lastSeq: 3,
      samples: 30,
      reason: 'memory-budget',
      at: 54,
      from: 1_000,
      to: 3_009,
    },
  ])
  expect(pending.takeDrops()).toEqual([])
  // The account of what was produced has no hole: the dropped ones are in it.
  expect(pending.take(100).produced).toEqual({ lastSeq: 5, samples: 50 })
})

test('a failed group waits again in front, encoded, and what the cloud took meanwhile is not reported as lost', () => {
  const pending = new PendingBatches(epoch, 25)
  pending.add(columns(10), 1)
  pending.add(columns(10), 1)
  const group = pending.take(100)
  pending.add(columns(10), 1)
  pending.markDelivered([])
  pending.putBack(group, [encoded(1, 10), encoded(2, 10)], 9)
  expect(pending.takeDrops()).toMatchObject([{ firstSeq: 1, lastSeq: 1 }])
  pending.markDelivered([{ epoch, firstSeq: 2, lastSeq: 2 }])
  pending.add(columns(10), 1)
  expect(pending.takeDrops()).toEqual([])
  expect(pending.take(100).taken.map(({ seq }) => seq)).toEqual([3, 4])
})
