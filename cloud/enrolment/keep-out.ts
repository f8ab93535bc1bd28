import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import type { Connected, Ended } from './admission.ts'

export type KeepOutOptions = {
  readonly connected: () => readonly Connected[]
  readonly notGood: (connected: readonly Connected[]) => Promise<readonly Ended[]>
  readonly cut: (gateway: string, reason: string) => void
  readonly clock: Clock
  readonly log: Logger
}

/** Half of the minute that is promised: a look may come just before a revocation, and the next one be late. */
const lookEveryMs = 30_000

/**
 * Ends connections that would not be let in any more: by a certificate that expired since, or was revoked by another process of
 * the cloud or in the moment of signing in. What can't be looked up now is looked up the next time.
 */
export function keepOut({ connected, notGood, cut, clock, log }: KeepOutOptions): AsyncDisposable {
  const stop = new AbortController()
  async function look(): Promise<void> {
    try {
      for (const { gateway, verdict } of await notGood(connected())) cut(gateway, verdict)
    } catch (err) {
      log.error({ err }, 'certificates of connected gateways not looked up')
    }
  }
  const running = (async () => {
    while (!stop.signal.aborted) {
      await clock.sleep(lookEveryMs, stop.signal)
      if (!stop.signal.aborted) await look()
    }
  })()
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    },
  }
}
