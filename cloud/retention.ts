import type { TelemetryStore } from '#cloud/telemetry/telemetry-store.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'

export type RetentionOptions = {
  readonly telemetry: Pick<TelemetryStore, 'prune'>
  readonly clock: Clock
  readonly log: Logger
  readonly keepMs: number
}

const everyMs = 3_600_000

/** Deletes samples that are older than `keepMs`, now and every hour. Disposing stops it after the round in hand. */
export function keepRetention({ telemetry, clock, log, keepMs }: RetentionOptions): AsyncDisposable {
  const stop = new AbortController()
  const loop = run()

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        const samples = await telemetry.prune(clock.now() - keepMs)
        if (samples > 0) log.info({ samples }, 'old samples deleted')
      } catch (err) {
        log.error({ err }, 'old samples not deleted, next try in an hour')
      }
      await clock.sleep(everyMs, stop.signal)
    }
  }

  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await loop
    },
  }
}
