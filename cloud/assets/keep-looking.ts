import type { Database } from '#cloud/state/database.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'

export type LookingOptions = {
  readonly db: Database
  readonly clock: Clock
  readonly log: Logger
  /** Asks a gateway who is in its network that nobody added; what it answers is taken in on its way. */
  readonly look: (gateway: string) => Promise<unknown>
}

/** Looking costs a small gateway some seconds of reading profiles, and its network a few datagrams. */
const everyMs = 6 * 3_600_000

/**
 * Has each connected gateway look around every six hours, one after the other, so that what nobody registered shows without
 * a person who looks for it. Disposing stops it after the gateway in hand.
 */
export function keepLooking({ db, clock, log, look }: LookingOptions): AsyncDisposable {
  const stop = new AbortController()
  const loop = run()

  async function run(): Promise<void> {
    for (;;) {
      await clock.sleep(everyMs, stop.signal)
      if (stop.signal.aborted) return
      await round().catch((err: unknown) => log.error({ err }, 'did not look for unregistered devices'))
    }
  }

  async function round(): Promise<void> {
    const gateways = await db.selectFrom('gateways').select('id').where('connected', '=', 1).execute()
    for (const { id } of gateways) {
      if (stop.signal.aborted) return
      // One that went away meanwhile is asked the next time.
      await look(id).catch((err: unknown) => log.info({ err, gateway: id }, 'did not look around'))
    }
  }

  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await loop
    },
  }
}
