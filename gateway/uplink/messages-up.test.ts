import { expect, test } from 'vitest'
import type { OutboxStats } from '#gateway/outbox/outbox.ts'
import { backlogOf, birthOf } from './messages-up.ts'

const stats: OutboxStats = {
  epoch: 9,
  telemetry: { batches: 10, samples: 100, bytes: 1_000, oldestAt: 5.4 },
  events: { batches: 2, samples: 2, bytes: 50, oldestAt: 7 },
  produced: Array.from({ length: 1_500 }, (_, i) => ({ stream: 'events', epoch: i, lastSeq: 1, samples: 1 })),
  memory: { samples: 3, batches: 1, events: 1 },
  diskBudget: 1,
  diskUsed: 1,
  autonomyH: undefined,
  dropped: { samples: 0, events: 0 },
  refused: 0,
  commits: 0,
  lastCommitMs: 0,
  slowestCommitMs: 0,
  failure: undefined,
}
const rates = { events: 1, live: 2, backfill: 3 }

test('telemetry that is not live is backlog', () => {
  expect(backlogOf(stats, { batches: 4, samples: 40, oldestAt: 8 }, rates)).toEqual([
    { lane: 'events', batches: 3, samples: 3, bytes: 50, oldestAt: 7, drainPerS: 1 },
    { lane: 'live', batches: 4, samples: 40, bytes: 400, oldestAt: 8, drainPerS: 2 },
    { lane: 'backfill', batches: 6, samples: 60, bytes: 600, oldestAt: 5, drainPerS: 3 },
  ])
})

test('an empty backlog has no age, even while the figures of the disk lag behind', () => {
  const [, , backfill] = backlogOf(stats, { batches: 12, samples: 120, oldestAt: 8 }, rates)
  expect(backfill).toEqual({ lane: 'backfill', batches: 0, samples: 0, bytes: 0, drainPerS: 3 })
})

test('birth keeps to the limit of the message and names the newest streams', () => {
  const birth = birthOf(
    {
      startedAt: 1,
      software: 's',
      runtime: 'r',
      configVersion: 'c',
      catalogue: { v: 1, kind: 'catalogue', version: 'k', devices: [] },
      devices: { total: 0, up: 0, down: 0 },
    },
    stats,
    2,
  )
  expect(birth.produced).toHaveLength(1_000)
  expect(birth.produced.at(-1)?.epoch).toBe(1_499)
})
