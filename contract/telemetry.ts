import type { SampleColumns } from './sample.ts'

/**
 * What one message on `up/live` or `up/backfill` carries: the samples of the batches `firstSeq` to `lastSeq` of the
 * telemetry stream. `codec.ts` turns it into bytes and back; `README.md` describes the bytes.
 */
export type TelemetryBatch = {
  readonly epoch: number
  readonly firstSeq: number
  readonly lastSeq: number
  readonly samples: SampleColumns
}
