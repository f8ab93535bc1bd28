import { expect, test } from 'vitest'
import type { LinkEvent } from '#contract/events.ts'
import { PendingEvents } from './pending-events.ts'

const link = (device: string): LinkEvent => ({ kind: 'link', device, state: 'up', at: 1 })

test('an event is durable when its commit succeeded, not before', async () => {
  const pending = new PendingEvents(3, 10)
  let isDurable = false
  const { numbered, durable } = pending.add(link('a'), 1)
  expect(numbered).toMatchObject({ epoch: 3, seq: 1 })
  const waiting = durable.then(() => {
    isDurable = true
  })
  pending.take(10)
  pending.putBack()
  await Promise.resolve()
  expect(isDurable).toBe(false)
  expect(pending.take(10).map(({ seq }) => seq)).toEqual([1])
  pending.committed()
  await waiting
  expect(pending.count).toBe(0)
})

test('what is not on disk yet can be read, in the commit or waiting for it', () => {
  const pending = new PendingEvents(3, 10)
  for (const device of ['a', 'b', 'c']) pending.add(link(device), 1)
  pending.take(2)
  expect(pending.unstored({ epoch: 3, seq: 1 }).map(({ seq }) => seq)).toEqual([2, 3])
  expect(pending.unstored({ epoch: 2, seq: 9 })).toHaveLength(3)
})

test('when memory is full the oldest is refused and counted', async () => {
  const pending = new PendingEvents(3, 2)
  const { durable } = pending.add(link('a'), 5)
  pending.add(link('b'), 6)
  pending.add(link('c'), 7)
  await expect(durable).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  expect(pending.takeDrops()).toEqual([
    {
      ...{ stream: 'events', epoch: 3, firstSeq: 1, lastSeq: 1, samples: 1 },
      ...{ reason: 'memory-budget', at: 7, from: 5, to: 5 },
    },
  ])
})

test('an event that the cloud has is safe although the disk takes nothing', async () => {
  const pending = new PendingEvents(3, 10)
  const { durable } = pending.add(link('a'), 1)
  pending.delivered([{ epoch: 3, firstSeq: 1, lastSeq: 1 }])
  await expect(durable).resolves.toBeUndefined()
})
