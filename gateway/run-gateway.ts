import type { TrialState } from '#gateway/configuration/trial.ts'
import { systemClock } from '#lib/clock.ts'
import { createLogger, type Logger } from '#lib/logger.ts'
import { shrinkHeap } from '#lib/small-heap.ts'
import { stopWithNpm } from '#lib/stop-with-npm.ts'
import type { Booted } from './boot-gateway.ts'
import { type Gateway, startGateway } from './gateway.ts'

const stopWithinMs = 10_000
const lastFlushMs = 2_000

/** What to begin with when what is tried does not start. */
type AfterFailure = (failed: { readonly state: TrialState; readonly reason: string }) => Promise<Booted>

/** The life of the process: start, one line when ready, signals, and an end with the right exit status. */
export async function runGateway(booted: Booted, afterFailure: AfterFailure): Promise<void> {
  const { setup, warnings } = booted
  if (setup === undefined) throw new Error('there is nothing to run')
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
  for (const trouble of setup.trouble) log.error({ trouble }, 'stored configuration is not used as it is')
  try {
    gateway = await startAny(booted, { log, afterFailure })
  } catch (error) {
    await crash(error, 'gateway could not start')
    return
  }
  gateway.failed.then(
    (error) => crash(error, 'the gateway cannot go on'),
    (error: unknown) => crash(error, 'the gateway cannot go on'),
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

type StartParts = { readonly log: Logger; readonly afterFailure: AfterFailure }

/** A content of the cloud that is tried and does not start is given up at once; everything else is for the service manager. */
async function startAny({ setup, state }: Booted, { log, afterFailure }: StartParts): Promise<Gateway> {
  if (setup === undefined) throw new Error('there is nothing to run')
  try {
    return await startGateway(setup, { log, trial: state })
  } catch (error) {
    if (state.trial === undefined) throw error
    log.error({ err: error, version: state.trial.version }, 'configuration does not start, going back')
    const reason = `does not start: ${error instanceof Error ? error.message : String(error)}`
    return await startAny(await afterFailure({ state, reason }), { log, afterFailure })
  }
}
