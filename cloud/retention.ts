import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'

/** One class of data with how long it is kept. */
export type RetentionRule = {
  readonly kind: string
  readonly keepMs: number
  /** Deletes what is older; resolves with how many rows that were. */
  readonly prune: (before: number) => Promise<number>
}

export type RetentionOptions = {
  readonly rules: readonly RetentionRule[]
  readonly clock: Clock
  readonly log: Logger
}

const everyMs = 3_600_000

/** Deletes what is older than its rule says, now and every hour. Disposing stops it after the round in hand. */
export function keepRetention({ rules, clock, log }: RetentionOptions): AsyncDisposable {
  const stop = new AbortController()
  const loop = run()

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      for (const rule of rules) await apply(rule)
      await clock.sleep(everyMs, stop.signal)
    }
  }

  async function apply({ kind, keepMs, prune }: RetentionRule): Promise<void> {
    if (stop.signal.aborted) return
    try {
      const rows = await prune(clock.now() - keepMs)
      if (rows > 0) log.info({ kind, rows }, 'old data deleted')
    } catch (err) {
      log.error({ err, kind }, 'old data not deleted, next try in an hour')
    }
  }

  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await loop
    },
  }
}
