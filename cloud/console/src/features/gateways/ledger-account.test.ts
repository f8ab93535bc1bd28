import { expect, test } from 'vitest'
import type { LedgerStream } from '#contract/api/ledger.ts'
import { accountOf, rangesText, runsOf } from './ledger-account.ts'

const stream = (more: Partial<LedgerStream>): LedgerStream => ({
  stream: 'telemetry',
  epoch: 1,
  startedAt: '2026-01-01T00:00:00.000Z',
  produced: 10,
  producedSamples: 100,
  received: [[1, 10]],
  receivedSamples: 100,
  dropped: [],
  owed: [],
  ...more,
})
const lost = { firstSeq: 4, lastSeq: 5, samples: 9, reason: 'disk-budget', at: '2026-01-01T00:00:00.000Z' }

test('received, dropped and outstanding batches add up to what was produced', () => {
  const account = accountOf(
    stream({
      received: [
        [1, 3],
        [8, 10],
      ],
      dropped: [lost],
      owed: [[6, 7]],
    }),
  )
  expect(account).toEqual({ produced: 10, received: 6, dropped: 2, owed: 2 })
  expect(account.received + account.dropped + account.owed).toBe(account.produced)
})

test('the newest run comes first, of the earlier ones those with a loss', () => {
  const { newest, earlier } = runsOf([
    stream({ epoch: 1, dropped: [lost] }),
    stream({ epoch: 2 }),
    stream({ epoch: 3, stream: 'events' }),
    stream({ epoch: 3 }),
  ])
  expect(newest.map((one) => one.stream)).toEqual(['telemetry', 'events'])
  expect(earlier.map(({ epoch }) => epoch)).toEqual([1, 2])
})

test('many ranges are cut short and counted', () => {
  const ranges = Array.from({ length: 7 }, (_, i): [number, number] => [i * 10, i * 10 + (i % 2)])
  expect(rangesText(ranges, String)).toEqual({ text: '0, 10–11, 20, 30–31, 40', more: 2 })
})
