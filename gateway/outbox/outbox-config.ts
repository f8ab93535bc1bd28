import { type Static, Type } from 'typebox'
import { Stream } from '#contract/delivery.ts'
import { ByteSize, Duration, parseByteSize, parseDuration } from '#lib/quantity.ts'

/** The `outbox` part of gateway.yaml. */
export const OutboxConfig = Type.Object(
  {
    diskBudget: ByteSize({ default: '512MB', description: 'Most bytes the outbox may use on disk' }),
    memoryBudgetSamples: Type.Integer({
      default: 200_000,
      minimum: 1_000,
      description: 'Most samples kept in memory while the disk is slow or full',
    }),
    commitEvery: Duration({ default: '1s', description: 'Samples wait at most this long for the disk' }),
    commitSamples: Type.Integer({
      default: 500,
      minimum: 1,
      maximum: 50_000,
      description: 'A batch is closed when it has this many samples',
    }),
    backfillSamples: Type.Integer({
      default: 5_000,
      minimum: 1,
      maximum: 50_000,
      description: 'Waiting batches are merged into messages of up to this many samples',
    }),
    dropFirst: Type.Union([Stream], {
      default: 'telemetry',
      description: 'What is dropped first, oldest first, when the disk budget is spent',
    }),
  },
  { additionalProperties: false, default: {} },
)
export type OutboxConfig = Static<typeof OutboxConfig>

/** The same with amounts as numbers. */
export type OutboxSettings = {
  readonly diskBudgetBytes: number
  readonly memoryBudgetSamples: number
  /** Events kept in memory while the disk takes nothing. */
  readonly memoryBudgetEvents: number
  readonly commitEveryMs: number
  readonly commitSamples: number
  readonly backfillSamples: number
  readonly dropFirst: Stream
}

export const defaultOutboxSettings: OutboxSettings = {
  diskBudgetBytes: 512 * 1024 ** 2,
  memoryBudgetSamples: 200_000,
  memoryBudgetEvents: 10_000,
  commitEveryMs: 1_000,
  commitSamples: 500,
  backfillSamples: 5_000,
  dropFirst: 'telemetry',
}

export function outboxSettings({ diskBudget, commitEvery, ...rest }: OutboxConfig): OutboxSettings {
  return {
    ...defaultOutboxSettings,
    ...rest,
    diskBudgetBytes: parseByteSize(diskBudget),
    commitEveryMs: parseDuration(commitEvery),
  }
}
