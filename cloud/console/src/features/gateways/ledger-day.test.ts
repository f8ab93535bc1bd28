import { expect, test } from 'vitest'
import type { DayStream, LedgerDay } from '#contract/api/ledger.ts'
import { findingsOf, rowsOf } from './ledger-day.ts'
import { ledgerSearch } from './ledger-search.ts'

const nothing = { ranges: 0, batches: 0, samples: 0 }
const stream = (name: DayStream['stream'], more: Partial<DayStream> = {}): DayStream => ({
  ...{ stream: name, received: [], dropped: [], owed: [], imbalances: [] },
  totals: { received: { batches: 0, samples: 0 }, dropped: nothing, owed: nothing },
  ...more,
})
const dayOf = (streams: DayStream[], recorded = true): LedgerDay => ({
  ...{ gateway: 'g', day: '2026-11-27', from: '', to: '', recorded, streams },
})
const arrived = (batches: number, samples: number) => ({
  totals: { received: { batches, samples }, dropped: nothing, owed: nothing },
})
const drop = (reason: string, samples: number) => ({
  epoch: 1,
  firstSeq: 1,
  lastSeq: 2,
  samples,
  reason,
  at: '',
})

test('a day without a loss is one finding: all of it arrived, or nothing came, or nobody knows', () => {
  const whole = dayOf([stream('telemetry', arrived(12, 3_400)), stream('events', arrived(2, 2))])
  expect(findingsOf(whole)).toEqual([{ kind: 'complete', batches: 14, samples: 3_400, events: 2 }])
  expect(findingsOf(dayOf([stream('telemetry')]))).toEqual([{ kind: 'nothing' }])
  expect(findingsOf(dayOf([stream('telemetry')], false))).toEqual([{ kind: 'unknown' }])
})

test('losses are named stream by stream, each reason once, and what arrived is no comfort', () => {
  const totals = {
    ...arrived(12, 3_400).totals,
    dropped: { ranges: 3, batches: 6, samples: 1_200 },
    owed: { ranges: 2, batches: 5, samples: 50 },
  }
  const dropped = [drop('disk-budget', 700), drop('corrupt', 0), drop('disk-budget', 500)]
  const day = dayOf([
    stream('telemetry', { totals, dropped }),
    stream('events', { imbalances: [{ epoch: 1, problem: 'samples-missing' }] }),
  ])
  expect(findingsOf(day)).toEqual([
    {
      ...{ kind: 'dropped', stream: 'telemetry', ranges: 3, batches: 6, samples: 1_200 },
      ...{ isCounted: false, reasons: ['disk-budget', 'corrupt'] },
    },
    { kind: 'owed', stream: 'telemetry', ranges: 2, batches: 5 },
    { kind: 'imbalance', stream: 'events' },
  ])
})

test('what is missing stands before what arrived', () => {
  const rows = rowsOf(
    stream('telemetry', {
      received: [{ epoch: 1, lane: 'live', firstSeq: 1, lastSeq: 9, batches: 5, samples: 50 }],
      owed: [{ epoch: 1, firstSeq: 3, lastSeq: 4, since: '' }],
      dropped: [drop('refused', 1)],
    }),
  )
  expect(rows.map(({ fate }) => fate)).toEqual(['dropped', 'owed', 'received'])
})

test('the address names a day, or it is today', () => {
  expect(ledgerSearch({ day: '2026-11-27' })).toEqual({ day: '2026-11-27' })
  for (const day of ['2026-02-30', 20_261_127, undefined, 'x']) expect(ledgerSearch({ day })).toEqual({})
})
