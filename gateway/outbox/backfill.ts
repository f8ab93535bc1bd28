import { decodeTelemetry, encodeTelemetry } from '#contract/codec.ts'
import { mergeColumns } from '#contract/columns.ts'
import type { SampleColumns } from '#contract/sample.ts'
import { type BackfillMessage, covers, type Drop, type Range } from './batch.ts'
import type { PageRow } from './outbox-file.ts'

/** The first rows that may travel together: same epoch, numbers without a hole, at most `maxSamples`. Pure. */
export function nextRun(rows: Iterable<PageRow>, skip: readonly Range[], maxSamples: number): PageRow[] {
  const run: PageRow[] = []
  let samples = 0
  for (const row of rows) {
    const isSkipped = skip.some((range) => covers(range, row))
    const last = run.at(-1)
    if (last === undefined) {
      if (isSkipped) continue
    } else if (isSkipped || row.epoch !== last.epoch || row.seq !== last.seq + 1) {
      break
    }
    samples += row.samples
    if (last !== undefined && samples > maxSamples) break
    run.push(row)
  }
  return run
}

export type Merged = { readonly message: BackfillMessage | undefined; readonly unreadable: readonly Drop[] }

/** One message of a run. A batch whose bytes cannot be decoded any more ends the message and is named. */
export function mergeRun(run: readonly PageRow[], at: number): Merged {
  const [only] = run
  if (only === undefined) return { message: undefined, unreadable: [] }
  // One batch goes as it is stored; if its bytes are damaged the cloud refuses it and it is dropped then.
  if (run.length === 1) return { message: { ...only, firstSeq: only.seq, lastSeq: only.seq }, unreadable: [] }

  const columns: SampleColumns[] = []
  const unreadable: Drop[] = []
  const good: PageRow[] = []
  for (const row of run) {
    const decoded = decodeTelemetry(row.payload)
    if (!decoded.ok) {
      const { epoch, seq, samples } = row
      unreadable.push({
        stream: 'telemetry',
        epoch,
        firstSeq: seq,
        lastSeq: seq,
        samples,
        reason: 'corrupt',
        at,
      })
      break
    }
    columns.push(decoded.value.samples)
    good.push(row)
  }
  const first = good[0]
  const last = good.at(-1)
  if (first === undefined || last === undefined) return { message: undefined, unreadable }
  const range = { epoch: first.epoch, firstSeq: first.seq, lastSeq: last.seq }
  const payload = new Uint8Array(encodeTelemetry({ ...range, samples: mergeColumns(columns) }))
  const samples = good.reduce((sum, row) => sum + row.samples, 0)
  return { message: { ...range, samples, payload }, unreadable }
}
