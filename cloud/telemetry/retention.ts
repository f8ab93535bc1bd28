import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { parseDuration } from '#lib/quantity.ts'
import type { TelemetryConfig } from './telemetry-config.ts'
import type { TelemetryStore } from './telemetry-store.ts'

export type RetentionOptions = {
  readonly store: Pick<TelemetryStore, 'prune'>
  readonly config: TelemetryConfig
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Deletes samples that are older than configured: once at the start, then at every interval. A failure is logged and
 * tried again at the next one. Disposing waits for a deletion in hand.
 */
export function startRetention({ store, config, clock, log }: RetentionOptions): AsyncDisposable {
  const stop = new AbortController()
  const running = config.keep === undefined ? Promise.resolve() : run(parseDuration(config.keep))

  async function run(keepMs: number): Promise<void> {
    while (!stop.signal.aborted) {
      await prune(clock.now() - keepMs)
      await clock.sleep(parseDuration(config.pruneEvery), stop.signal)
    }
  }

  async function prune(before: number): Promise<void> {
    try {
      const deleted = await store.prune(before)
      if (deleted > 0) log.info({ deleted, before: new Date(before).toISOString() }, 'old samples deleted')
    } catch (err) {
      log.warn({ err }, 'old samples not deleted, trying again at the next interval')
    }
  }

  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    },
  }
}
