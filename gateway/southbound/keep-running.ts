import { type Backoff, backoffMs } from '#lib/backoff.ts'
import { RateLimit } from '#lib/rate-limit.ts'
import type { Driver, DriverHost } from './driver.ts'

/** A driver that ran for this long was healthy: the next failure starts from the shortest wait again. */
const healthyAfterMs = 30_000
/** A device that is away for a weekend is one line a quarter of an hour, unless the reason changes. */
const logEveryMs = 900_000
const defaultBackoff: Backoff = { firstMs: 500, maxMs: 15_000 }

type Runner = Pick<DriverHost, 'clock' | 'log'>

/** Starts `driver` again whenever it stops, until `signal` aborts. The one restart policy for all protocols; never rejects. */
export async function keepRunning(
  driver: Pick<Driver, 'run'>,
  { clock, log }: Runner,
  signal: AbortSignal,
  backoff: Backoff = defaultBackoff,
): Promise<void> {
  const limit = new RateLimit(logEveryMs, 20)
  let attempt = 0
  while (!signal.aborted) {
    const startedAt = clock.monotonic()
    const error = await outcome(driver, signal)
    if (signal.aborted) return

    if (clock.monotonic() - startedAt >= healthyAfterMs) attempt = 0
    const waitMs = backoffMs(attempt, backoff)
    const repeated = limit.pass(String(error), clock.monotonic())
    if (repeated !== undefined) log.warn({ err: error, attempt, waitMs, repeated }, 'driver stopped')
    attempt++
    await clock.sleep(waitMs, signal)
  }
}

async function outcome(driver: Pick<Driver, 'run'>, signal: AbortSignal): Promise<unknown> {
  try {
    await driver.run(signal)
    return new Error('the driver returned without being asked to stop')
  } catch (error) {
    return error
  }
}
