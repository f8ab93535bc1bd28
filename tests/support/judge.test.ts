import { expect, test } from 'vitest'
import type { LedgerStream } from '#contract/api/ledger.ts'
import { allWell, judge, unaccounted } from './judge.ts'

const wrote = (t: number, value: number) => ({ point: 'lux-1/illuminance', t, value })
const stored = (t: number, value: unknown, quality = 'good') => ({ t, value, quality })
const written = [wrote(1, 10), wrote(2, 20), wrote(3, 30)]

function verdict(samples: ReturnType<typeof stored>[], mayLose?: { from: number; to: number }[]) {
  return judge({
    written,
    stored: new Map([['lux-1/illuminance', samples]]),
    ...(mayLose === undefined ? {} : { mayLose }),
  })
}

test('equal journals give empty lists', () => {
  expect(verdict([stored(1, 10), stored(2, 20.0000000001), stored(3, 30)])).toEqual({
    compared: 3,
    missing: [],
    doubled: [],
    changed: [],
    invented: [],
    excused: [],
    redated: [],
  })
})

test('each difference is found under its own name', () => {
  const found = verdict([stored(1, 10), stored(1, 10), stored(2, 21), stored(4, 40), stored(5, null, 'bad')])
  expect(found.doubled).toEqual([wrote(1, 10)])
  expect(found.changed).toEqual([{ wrote: wrote(2, 20), stored: stored(2, 21) }])
  expect(found.missing).toEqual([wrote(3, 30)])
  expect(found.invented).toEqual([stored(4, 40)])
})

test('a good value that was stored as bad is changed', () => {
  expect(verdict([stored(1, 10), stored(2, 20, 'stale'), stored(3, 30)]).changed).toHaveLength(1)
})

test('a loss is excused only inside its window', () => {
  const found = verdict([stored(1, 10)], [{ from: 2, to: 3 }])
  expect(found.excused).toEqual([wrote(2, 20)])
  expect(found.missing).toEqual([wrote(3, 30)])
})

test('a loss is excused by when the value was taken over, not by how old it was', () => {
  const resent = { ...wrote(1, 10), takenAt: 50 }
  const stored = new Map<string, never[]>()
  expect(judge({ written: [resent], stored, mayLose: [{ from: 40, to: 60 }] }).excused).toEqual([resent])
  expect(judge({ written: [resent], stored, mayLose: [{ from: 0, to: 10 }] }).missing).toEqual([resent])
})

test('a value under the time of a wrong clock is found there, but only while the clock was wrong', () => {
  const hourMs = 3_600_000
  const behind = new Map([['lux-1/illuminance', [stored(1, 10), stored(2 - hourMs + 40, 20), stored(3, 30)]]])
  const window = { from: 2, to: 3, byMs: -hourMs }
  const found = judge({ written, stored: behind, redated: [window] })
  expect(found).toEqual({ ...allWell(written), redated: [wrote(2, 20)] })
  const later = judge({ written, stored: behind, redated: [{ ...window, from: 3 }] })
  expect(later.missing).toEqual([wrote(2, 20)])
  expect(later.invented).toHaveLength(1)
  const other = judge({ written: [wrote(2, 21)], stored: behind, redated: [window] })
  expect(other.missing).toEqual([wrote(2, 21)])
})

test('the ledger is read as an account: nothing missing, nothing twice', () => {
  const stream = (received: [number, number][], produced: number): LedgerStream => ({
    stream: 'telemetry',
    epoch: 1,
    startedAt: '2026-01-05T00:00:00.000Z',
    produced,
    producedSamples: produced,
    received,
    receivedSamples: produced,
    dropped: [{ firstSeq: 5, lastSeq: 6, samples: 2, reason: 'disk-budget', at: '2026-01-05T00:00:00.000Z' }],
    owed: [],
  })
  expect(
    unaccounted(
      stream(
        [
          [1, 4],
          [7, 9],
        ],
        9,
      ),
    ),
  ).toEqual({ missing: [], twice: [] })
  expect(
    unaccounted(
      stream(
        [
          [1, 3],
          [7, 9],
        ],
        11,
      ),
    ),
  ).toEqual({
    missing: [
      [4, 4],
      [10, 11],
    ],
    twice: [],
  })
  expect(
    unaccounted(
      stream(
        [
          [1, 5],
          [7, 9],
        ],
        9,
      ),
    ).twice,
  ).toEqual([[5, 5]])
})
