import { expect, test } from 'vitest'
import { FrameBatch } from './frame-batch.ts'

function byHand() {
  let next: (() => void) | undefined
  return {
    scheduler: {
      schedule(run: () => void) {
        next = run
        return () => {
          next = undefined
        }
      },
    },
    paint: () => next?.(),
    isWaiting: () => next !== undefined,
  }
}

test('everything of one frame is applied together and in order', () => {
  const applied: number[][] = []
  const frame = byHand()
  const batch = new FrameBatch<number>((items) => applied.push(items), frame.scheduler)
  batch.push(1)
  batch.push(2)
  expect(applied).toEqual([])
  frame.paint()
  batch.push(3)
  frame.paint()
  expect(applied).toEqual([[1, 2], [3]])
})

test('what was thrown away is never applied', () => {
  const applied: number[][] = []
  const frame = byHand()
  const batch = new FrameBatch<number>((items) => applied.push(items), frame.scheduler)
  batch.push(1)
  batch.drop()
  expect(frame.isWaiting()).toBe(false)
  batch.flush()
  expect(applied).toEqual([])
})
