import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import type { AuditLog } from './audit-log.ts'

export type KeepAuditOptions = {
  readonly audit: Pick<AuditLog, 'prune' | 'head'>
  readonly clock: Clock
  readonly log: Logger
  readonly keepMs: number
}

const dayMs = 86_400_000
const hourMs = 3_600_000

/**
 * Now and every day: deletes rows older than `keepMs` and logs the head, so that it is where the logs are collected and not
 * in this store alone. Disposing stops it after the round in hand.
 */
export function keepAudit({ audit, clock, log, keepMs }: KeepAuditOptions): AsyncDisposable {
  const stop = new AbortController()
  const loop = run()

  async function run(): Promise<void> {
    while (!stop.signal.aborted) await clock.sleep(await round(), stop.signal)
  }

  async function round(): Promise<number> {
    try {
      const rows = await audit.prune(clock.now() - keepMs)
      if (rows > 0) log.info({ rows }, 'old audit rows deleted')
      const head = await audit.head()
      if (head !== undefined) log.info(head, 'audit head')
      return dayMs
    } catch (err) {
      log.error({ err }, 'audit log not looked after, next try in an hour')
      return hourMs
    }
  }

  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await loop
    },
  }
}
