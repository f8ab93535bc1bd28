import { readFile } from 'node:fs/promises'
import type { LedgerStream, SeqInterval } from '#contract/api/ledger.ts'
import type { JournalEntry, Takeover } from '#simulators/journal.ts'
import type { ApiClient, TimeRange } from './api-client.ts'

/** What the generator wrote against what the store holds, value by value. All lists are empty when all is well. */
export type Verdict = {
  readonly compared: number
  /** Written and not stored. */
  readonly missing: readonly JournalEntry[]
  /** Stored more than once. */
  readonly doubled: readonly JournalEntry[]
  /** Stored with another value or not as good. */
  readonly changed: readonly { readonly wrote: JournalEntry; readonly stored: unknown }[]
  /** Stored as good though nobody wrote it. */
  readonly invented: readonly StoredSample[]
  /** Written in a window in which a loss is allowed, and lost. */
  readonly excused: readonly JournalEntry[]
  /** Stored under the time of the gateway's clock, in a time in which it may be wrong. */
  readonly redated: readonly JournalEntry[]
}

/**
 * From `from` to `to` the gateway's clock was `byMs` ahead. A device's time that this makes impossible is replaced by the
 * time of arrival, as profiles say (`max_skew`): the value is then found under that.
 */
export type Redating = TimeRange & { readonly byMs: number }

/** `takenAt`: when the gateway's broker acknowledged it. Absent when it never did. */
export type Written = JournalEntry & { readonly takenAt?: number }

export type StoredSample = { readonly t: number; readonly value: unknown; readonly quality: string }
export type Case = {
  readonly written: readonly Written[]
  readonly stored: ReadonlyMap<string, readonly StoredSample[]>
  /** What was taken over in these times may be lost: it was not yet on disk when the power went. */
  readonly mayLose?: readonly TimeRange[]
  readonly redated?: readonly Redating[]
}

/** A message is on its way to the gateway for no longer than this. */
const arrivalMs = 5_000

/** Pure. `stored` is by `<device>/<point>`; only points that somebody wrote are judged. */
export function judge({ written, stored, mayLose = [], redated = [] }: Case): Verdict {
  const verdicts = [...Map.groupBy(written, ({ point }) => point)].map(([point, entries]) =>
    judgePoint(entries, stored.get(point) ?? [], { mayLose, redated }),
  )
  return {
    compared: written.length,
    missing: verdicts.flatMap((verdict) => verdict.missing),
    doubled: verdicts.flatMap((verdict) => verdict.doubled),
    changed: verdicts.flatMap((verdict) => verdict.changed),
    invented: verdicts.flatMap((verdict) => verdict.invented),
    excused: verdicts.flatMap((verdict) => verdict.excused),
    redated: verdicts.flatMap((verdict) => verdict.redated),
  }
}

function judgePoint(
  written: readonly Written[],
  stored: readonly StoredSample[],
  { mayLose, redated }: { mayLose: readonly TimeRange[]; redated: readonly Redating[] },
): Omit<Verdict, 'compared'> {
  const found = Map.groupBy(stored, ({ t }) => t)
  const timesWritten = new Set(written.map(({ t }) => t))
  const timesRedated = new Set<number>()
  const isRedated = (entry: Written) => {
    const sample = stored.find((one) => !timesRedated.has(one.t) && isUnderOtherTime(entry, one, redated))
    if (sample !== undefined) timesRedated.add(sample.t)
    return sample !== undefined
  }
  const gone = written.filter(({ t }) => !found.has(t))
  const underOtherTime = new Set(redated.length === 0 ? [] : gone.filter(isRedated))
  const lost = gone.filter((entry) => !underOtherTime.has(entry))
  const isExcused = ({ t, takenAt = t }: Written) =>
    mayLose.some(({ from, to }) => takenAt >= from && takenAt < to)
  return {
    missing: lost.filter((entry) => !isExcused(entry)),
    excused: lost.filter(isExcused),
    redated: [...underOtherTime],
    doubled: written.filter(({ t }) => (found.get(t)?.length ?? 0) > 1),
    changed: written.flatMap((wrote) => {
      const sample = found.get(wrote.t)?.[0]
      if (sample === undefined || (sample.quality === 'good' && isSame(sample.value, wrote.value))) return []
      return [{ wrote, stored: sample }]
    }),
    // Bad and stale are the gateway's own words; a good value must have come from the device.
    invented: stored.filter(
      ({ t, quality }) => quality === 'good' && !timesWritten.has(t) && !timesRedated.has(t),
    ),
  }
}

function isUnderOtherTime(wrote: Written, sample: StoredSample, redated: readonly Redating[]): boolean {
  if (sample.quality !== 'good' || !isSame(sample.value, wrote.value)) return false
  return redated.some(({ from, to, byMs }) => {
    const lateMs = sample.t - byMs - wrote.t
    return wrote.t >= from && wrote.t <= to && lateMs >= 0 && lateMs < arrivalMs
  })
}

/** The verdict when nothing is wrong. */
export function allWell(written: readonly JournalEntry[]): Verdict {
  return {
    compared: written.length,
    missing: [],
    doubled: [],
    changed: [],
    invented: [],
    excused: [],
    redated: [],
  }
}

export async function readJournal(file: string): Promise<readonly Written[]> {
  const text = await readFile(file, 'utf8')
  const written: JournalEntry[] = []
  const taken = new Map<string, number>()
  // The last line may be half written when the generator was stopped hard.
  for (const json of text.slice(0, text.lastIndexOf('\n') + 1).split('\n')) {
    if (json === '') continue
    const line = JSON.parse(json) as JournalEntry | Takeover
    if ('takenAt' in line) taken.set(`${line.point} ${line.t}`, line.takenAt)
    else written.push(line)
  }
  return written.map((entry) => {
    const takenAt = taken.get(`${entry.point} ${entry.t}`)
    return takenAt === undefined ? entry : { ...entry, takenAt }
  })
}

const wrongestClockMs = 2 * 3_600_000

/** Reads back from the API what the journal says was written, under whatever time a wrong clock gave it. */
export async function readStored(
  api: ApiClient,
  gateway: string,
  written: readonly JournalEntry[],
): Promise<ReadonlyMap<string, readonly StoredSample[]>> {
  const from = written.reduce((first, { t }) => Math.min(first, t), Date.now()) - wrongestClockMs
  const stored = new Map<string, readonly StoredSample[]>()
  for (const point of new Set(written.map((entry) => entry.point))) {
    const samples = await api.samples(`${gateway}/${point}`, { from, to: Date.now() + wrongestClockMs })
    stored.set(
      point,
      samples.map(([t, value, quality]) => ({ t, value, quality })),
    )
  }
  return stored
}

/** What of 1…produced is neither received nor reported as dropped, and what was received twice. */
export function unaccounted(stream: LedgerStream): {
  missing: readonly SeqInterval[]
  twice: readonly SeqInterval[]
} {
  const ranges: SeqInterval[] = [
    ...stream.received,
    ...stream.dropped.map(({ firstSeq, lastSeq }): SeqInterval => [firstSeq, lastSeq]),
  ].sort((a, b) => a[0] - b[0])
  const missing: SeqInterval[] = []
  const twice: SeqInterval[] = []
  let next = 1
  for (const [first, last] of ranges) {
    if (first > next) missing.push([next, first - 1])
    if (first < next) twice.push([first, Math.min(last, next - 1)])
    next = Math.max(next, last + 1)
  }
  if (next <= stream.produced) missing.push([next, stream.produced])
  return { missing, twice }
}

function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== 'number' || typeof b !== 'number') return a === b
  return Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b))
}
