/**
 * Composition root of the gateway: builds every part, connects them, starts them from the disk outwards and stops them
 * the other way round. The only file that knows them all.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { GatewayEvent } from '#contract/events.ts'
import { openEdgeAlarms } from '#gateway/alarms/edge-alarms.ts'
import { startLocalFeed } from '#gateway/broker/local-feed.ts'
import { type CommandTarget, createCommandHandler } from '#gateway/commands/command-handler.ts'
import { CommandJournal } from '#gateway/commands/command-journal.ts'
import { DeviceLinks } from '#gateway/health/device-links.ts'
import { type HealthFacts, judgeHealth } from '#gateway/health/health.ts'
import { startHealthServer } from '#gateway/health/health-server.ts'
import { createMetrics } from '#gateway/health/metrics.ts'
import { openOutbox } from '#gateway/outbox/outbox.ts'
import { outboxSettings } from '#gateway/outbox/outbox-config.ts'
import { createPipeline } from '#gateway/pipeline/pipeline.ts'
import { createRuleEngine } from '#gateway/rules/rule-engine.ts'
import { keepRunning } from '#gateway/southbound/keep-running.ts'
import { startUplink, type Uplink } from '#gateway/uplink/uplink.ts'
import { uplinkSettings } from '#gateway/uplink/uplink-config.ts'
import { type Clock, systemClock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { parseDuration } from '#lib/quantity.ts'
import { catalogueOf } from './catalogue.ts'
import { driverHosts, type HostFor } from './driver-hosts.ts'
import { createDrivers, type NamedDriver } from './drivers.ts'
import { healthFacts } from './health-facts.ts'
import type { GatewaySetup } from './load-gateway.ts'
import { openBus } from './open-bus.ts'
import { software } from './software.ts'

export type GatewayDeps = { readonly log: Logger; readonly clock?: Clock }

export interface Gateway extends AsyncDisposable {
  /** `http://127.0.0.1:9090` */
  readonly healthUrl: string
  /** `127.0.0.1:1883`, or the address of the broker that was there. */
  readonly broker: string
  /** Resolves with the reason when the gateway cannot go on: end the process and start it again. */
  readonly failed: Promise<Error>
  /** Resolves when everything measured so far is on disk. */
  flush(): Promise<void>
}

const tickMs = 1_000

export async function startGateway(setup: GatewaySetup, deps: GatewayDeps): Promise<Gateway> {
  const { config, devices, secrets } = setup
  const { log, clock = systemClock } = deps
  const part = (name: string) => log.child({ part: name })
  const startedAt = clock.now()
  await using parts = new AsyncDisposableStack()
  await mkdir(setup.dataFolder, { recursive: true, mode: 0o700 })
  const inData = (name: string) => join(setup.dataFolder, name)

  // What is stored. Everything below may still say something while it stops.
  const outbox = parts.use(
    await openOutbox({
      path: inData('outbox.db'),
      settings: outboxSettings(config.outbox),
      clock,
      log: part('outbox'),
    }),
  )
  const links = new DeviceLinks(devices.map(({ id }) => id))
  let uplink: Uplink | undefined
  const facts = (): HealthFacts =>
    healthFacts({ setup, startedAt, clock, links, outbox, uplink, bus, alarms })
  const metrics = parts.use(createMetrics(facts))
  const bus = parts.use(await openBus({ config, secrets, metrics, log: part('broker') }))
  const emit = (event: GatewayEvent): Promise<void> => {
    if (event.kind === 'alarm') metrics.alarms.inc({ state: event.state })
    if (event.kind === 'command-result') metrics.commands.inc({ state: event.state })
    return outbox.appendEvent(event)
  }

  // Commands come from both sides and go to the drivers, which are made last.
  const drivers: NamedDriver[] = []
  const journal = parts.use(
    await CommandJournal.open({
      file: inData('commands.jsonl'),
      maxLines: 20_000,
      now: () => clock.now(),
      onError: (err) => log.error({ err }, 'command journal not written'),
    }),
  )
  const commands = createCommandHandler({
    find: (point) => findTarget(point, drivers),
    emit,
    journal,
    clock,
    log: part('commands'),
    timeoutMs: parseDuration(config.commands.timeout),
    maxInHand: config.commands.maxInHand,
  })
  const feed = parts.use(
    startLocalFeed({ bus, clock, log: part('feed'), handleCommand: (command) => commands.handle(command) }),
  )

  if (config.cloud !== undefined && secrets.cloud !== undefined) {
    const about = {
      ...{ startedAt, software, runtime: `node ${process.versions.node}` },
      ...{ configVersion: setup.configVersion, catalogue: catalogueOf(devices) },
    }
    uplink = await startUplink({
      settings: uplinkSettings(config.cloud, secrets.cloud),
      gateway: config.gateway.id,
      outbox,
      about: () => ({ ...about, devices: links.counts() }),
      onCommand: async (command) => void (await commands.handle(command)),
      clock,
      log: part('uplink'),
    })
    parts.use(uplink)
  }

  // A sample's way, in order: alarms first, then the disk, then the neighbours.
  const alarms = parts.use(
    await openEdgeAlarms({
      rules: config.rules,
      file: inData('alarms.json'),
      clock,
      log: part('alarms'),
      emit: (event) => {
        feed.publishAlarm(event.rule, event)
        return emit(event)
      },
    }),
  )
  const pipeline = createPipeline({ devices, clock, log: part('pipeline') })
  const rules = createRuleEngine(config.rules, alarms.judge)
  pipeline.subscribe((samples) => samples.forEach(rules.accept))
  pipeline.subscribe((samples) => outbox.append(samples))
  pipeline.subscribe((samples) => {
    metrics.samples.inc(samples.length)
    samples.forEach(feed.publishSample)
  })
  parts.use(every(tickMs, () => pipeline.tick(), clock))

  const hostFor = driverHosts({ pipeline, links, metrics, emit, clock, log })
  const onRefused = (device: string, reason: string) => metrics.payloadsRefused.inc({ device, reason })
  drivers.push(...(await createDrivers({ config, devices, mqtt: { link: bus, onRefused }, hostFor })))
  parts.use(runDrivers(drivers, hostFor, clock))

  // Stopping begins here: the command in hand is finished while its device can still answer, then the door is closed.
  parts.defer(() => bus.close())
  parts.use(commands)
  const broker = await bus.listen()
  const health = parts.use(
    await startHealthServer({
      ...config.health,
      registry: metrics.registry,
      health: () => judgeHealth(facts()),
      log: part('health'),
    }),
  )
  const running = parts.move()
  return {
    healthUrl: health.url,
    broker,
    failed: outbox.failed,
    flush: () => outbox.flush(),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

function findTarget(point: string, drivers: readonly NamedDriver[]): CommandTarget | undefined {
  const slash = point.indexOf('/')
  const target = { device: point.slice(0, slash), point: point.slice(slash + 1) }
  for (const { driver, devices } of drivers) {
    const found = devices.find(({ id }) => id === target.device)?.points.find(({ id }) => id === target.point)
    if (found !== undefined)
      return { point: found, write: (value, signal) => driver.write(target, value, signal) }
  }
  return undefined
}

function runDrivers(drivers: readonly NamedDriver[], hostFor: HostFor, clock: Clock): AsyncDisposable {
  const stop = new AbortController()
  const running = drivers.map(({ name, driver }) =>
    keepRunning(driver, { clock, log: hostFor(name, []).log }, stop.signal),
  )
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await Promise.all(running)
    },
  }
}

/** Runs `work` again and again; disposing runs it once more, so that nothing is left waiting. */
function every(ms: number, work: () => void, clock: Clock): AsyncDisposable {
  const stop = new AbortController()
  const loop = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await clock.sleep(ms, stop.signal)
      work()
    }
  }
  const running = loop()
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    },
  }
}
