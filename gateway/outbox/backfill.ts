import { crc32 } from 'node:zlib'
import { decodeTelemetry, encodeTelemetry } from '#contract/codec.ts'
import { mergeColumns } from '#contract/columns.ts'
import type { Stream } from '#contract/delivery.ts'
import type { GatewayEvent } from '#contract/events.ts'
import type { SampleColumns } from '#contract/sample.ts'
import { type BackfillMessage, covers, type Drop, type Position, type Range } from './batch.ts'
import type { EventRow, PageRow } from './outbox-file.ts'

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

/**
 * One message of a run. A batch that is not what was stored under its number ends the message and is named: nobody must get
 * it, and asking for it again helps nobody.
 */
export function mergeRun(run: readonly PageRow[], at: number): Merged {
  const good: { readonly row: PageRow; readonly columns: SampleColumns }[] = []
  const unreadable: Drop[] = []
  for (const row of run) {
    const columns = columnsIn(row)
    if (columns === undefined) {
      unreadable.push(unreadableDrop('telemetry', row, at))
      break
    }
    good.push({ row, columns })
  }
  const first = good[0]?.row
  const last = good.at(-1)?.row
  if (first === undefined || last === undefined) return { message: undefined, unreadable }
  const range = { epoch: first.epoch, firstSeq: first.seq, lastSeq: last.seq }
  const samples = good.reduce((sum, { row }) => sum + row.samples, 0)
  // One batch goes as it is stored.
  if (good.length === 1) return { message: { ...range, samples, payload: first.payload }, unreadable }
  const columns = mergeColumns(good.map((one) => one.columns))
  const payload = new Uint8Array(encodeTelemetry({ ...range, samples: columns }))
  return { message: { ...range, samples, payload }, unreadable }
}

/** Undefined where the bytes are damaged, or are those of another batch. */
export function columnsIn({ epoch, seq, samples, payload }: PageRow): SampleColumns | undefined {
  const decoded = decodeTelemetry(payload)
  if (!decoded.ok) return undefined
  const { value } = decoded
  const isOwn = value.epoch === epoch && value.firstSeq === seq && value.lastSeq === seq
  return isOwn && value.samples.t.length === samples ? value.samples : undefined
}

/** Undefined where the text is not the one that was stored. */
export function eventIn({ payload, crc }: EventRow): GatewayEvent | undefined {
  // A row of the first version has no checksum.
  if (crc !== null && crc32(payload) !== crc) return undefined
  try {
    return JSON.parse(payload) as GatewayEvent
  } catch {
    return undefined // as damaged as a wrong checksum
  }
}

export function unreadableDrop(
  stream: Stream,
  { epoch, seq, samples }: Position & { samples: number },
  at: number,
): Drop {
  return { stream, epoch, firstSeq: seq, lastSeq: seq, samples, reason: 'corrupt', at }
}
