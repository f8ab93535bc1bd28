import { systemClock } from '#lib/clock.ts'
import type { ConfigProblem } from '#lib/load-config.ts'
import { createLogger } from '#lib/logger.ts'
import { shrinkHeap } from '#lib/small-heap.ts'
import { stopWithNpm } from '#lib/stop-with-npm.ts'
import { type Gateway, startGateway } from './gateway.ts'
import type { GatewaySetup } from './load-gateway.ts'

const stopWithinMs = 10_000
const lastFlushMs = 2_000

/** The life of the process: start, one line when ready, signals, and an end with the right exit status. */
export async function runGateway(setup: GatewaySetup, warnings: readonly ConfigProblem[]): Promise<void> {
  const log = createLogger({ name: 'gateway', level: setup.config.log.level }).child({
    gateway: setup.config.gateway.id,
  })
  let gateway: Gateway | undefined
  let ending = false

  /** We do not go on in an unknown state: what is measured goes to disk, then the service manager starts us again. */
  async function crash(error: unknown, message: string): Promise<void> {
    if (ending) return
    ending = true
    log.fatal({ err: error }, message)
    await Promise.race([gateway?.flush().catch(() => {}), systemClock.sleep(lastFlushMs)])
    process.exit(1)
  }

  async function stop(signal: NodeJS.Signals): Promise<void> {
    if (ending) return
    ending = true
    log.info({ signal }, 'stopping')
    setTimeout(() => {
      log.fatal({ stopWithinMs }, 'not stopped in time')
      process.exit(1)
    }, stopWithinMs).unref()
    await gateway?.[Symbol.asyncDispose]()
    log.info('stopped')
    process.exit(0)
  }

  process.on('uncaughtException', (error) => void crash(error, 'uncaught exception'))
  process.on('unhandledRejection', (reason) => void crash(reason, 'unhandled rejection'))
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      stop(signal).catch((error: unknown) => {
        log.fatal({ err: error }, 'stopping failed')
        process.exit(1)
      })
    })
  }

  stopWithNpm()

  for (const { message, ...where } of warnings)
    log.warn({ ...where, problem: message }, 'configuration warning')
  try {
    gateway = await startGateway(setup, { log })
  } catch (error) {
    await crash(error, 'gateway could not start')
    return
  }
  gateway.failed.then(
    (error) => crash(error, 'the outbox cannot go on'),
    (error: unknown) => crash(error, 'the outbox cannot go on'),
  )
  shrinkHeap()
  const { healthUrl, broker } = gateway
  log.info(
    {
      ready: true,
      health: healthUrl,
      broker,
      devices: setup.devices.length,
      rssBytes: process.memoryUsage.rss(),
    },
    'gateway ready',
  )
}
