/**
 * Composition root of the gateway: builds every part, connects them, starts them from the disk outwards and stops them
 * the other way round. The only file that knows them all.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { GatewayEvent } from '#contract/events.ts'
import { startLocalFeed } from '#gateway/broker/local-feed.ts'
import { createCommandHandler } from '#gateway/commands/command-handler.ts'
import { CommandJournal } from '#gateway/commands/command-journal.ts'
import { troubleOf } from '#gateway/commands/command-trouble.ts'
import { answerRequests, type RequestHandler } from '#gateway/commissioning/answer-requests.ts'
import type { KeepIdentity } from '#gateway/enrolment/keep-identity.ts'
import { addBusMetrics } from '#gateway/health/bus-metrics.ts'
import { DeviceErrors } from '#gateway/health/device-errors.ts'
import { DeviceLinks } from '#gateway/health/device-links.ts'
import { type HealthFacts, judgeHealth } from '#gateway/health/health.ts'
import { startHealthServer } from '#gateway/health/health-server.ts'
import { createMetrics } from '#gateway/health/metrics.ts'
import { openOutbox } from '#gateway/outbox/outbox.ts'
import { outboxSettings } from '#gateway/outbox/outbox-config.ts'
import { startUplink, type Uplink } from '#gateway/uplink/uplink.ts'
import { uplinkSettings } from '#gateway/uplink/uplink-config.ts'
import { type Clock, systemClock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { parseDuration } from '#lib/quantity.ts'
import { catalogueOf } from './catalogue.ts'
import { createCommissioner } from './commissioner.ts'
import { healthFacts } from './health-facts.ts'
import type { GatewaySetup } from './load-gateway.ts'
import { openBus } from './open-bus.ts'
import { openIdentity } from './open-identity.ts'
import { software } from './software.ts'
import { type SwappableField, startSwappableField } from './swappable-field.ts'

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
  /**
   * Goes on with other devices and rules; outbox, broker and uplink stay as they are. Rejects with the reason when they
   * do not start, and goes on with those from before.
   */
  swap(setup: GatewaySetup): Promise<void>
}

export async function startGateway(setup: GatewaySetup, deps: GatewayDeps): Promise<Gateway> {
  const { config, secrets } = setup
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
  const links = new DeviceLinks()
  const errors = new DeviceErrors(startedAt)
  let field: SwappableField | undefined
  let uplink: Uplink | undefined
  let identity: KeepIdentity | undefined
  let requests: RequestHandler | undefined
  const facts = (): HealthFacts =>
    healthFacts({
      setup,
      startedAt,
      clock,
      links,
      outbox,
      uplink,
      identity,
      bus,
      alarms: field?.current.alarms,
    })
  const metrics = parts.use(createMetrics(facts))
  const bus = parts.use(await openBus({ config, secrets, metrics, log: part('broker') }))
  const emit = (event: GatewayEvent): Promise<void> => {
    if (event.kind === 'alarm') metrics.alarms.inc({ state: event.state })
    if (event.kind === 'command-result') {
      metrics.commands.inc({ state: event.state })
      const trouble = troubleOf(event)
      if (trouble !== undefined) errors.add(trouble.device, trouble, event.at)
    }
    return outbox.appendEvent(event)
  }

  // Commands come from both sides and go to the devices, which are started last.
  const journal = parts.use(
    await CommandJournal.open({
      file: inData('commands.jsonl'),
      maxLines: 20_000,
      now: () => clock.now(),
      onError: (err) => log.error({ err }, 'command journal not written'),
    }),
  )
  // The cloud may speak as soon as it is connected, and that can be sooner than the devices are there.
  const canAnswer = Promise.withResolvers<void>()
  const commands = createCommandHandler({
    find: (point) => field?.find(point),
    link: (device) => links.get(device),
    latest: (point) => field?.current.latest(point),
    interlocks: () => field?.current.setup.config.interlocks ?? config.interlocks,
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
    }
    let shown = setup
    const catalogueFor = ({ devices, managed }: GatewaySetup) =>
      catalogueOf(devices, new Set(managed.devices.map(({ id }) => id)))
    let catalogue = catalogueFor(shown)
    const whatRuns = () => {
      const { setup: now = setup } = field?.current ?? {}
      if (now !== shown) catalogue = catalogueFor(now)
      shown = now
      return { configVersion: now.configVersion, catalogue }
    }
    if (config.cloud.tokenFile === undefined)
      identity = parts.use(
        await openIdentity({ ...{ setup, cloud: config.cloud, clock }, log: part('enrolment') }),
      )
    uplink = await startUplink({
      settings: uplinkSettings(config.cloud, secrets.cloud),
      identity,
      gateway: config.gateway.id,
      outbox,
      about: () => ({ ...about, ...whatRuns(), devices: links.counts() }),
      onRequest: async (request) => {
        await canAnswer.promise
        requests?.handle(request)
      },
      onCommand: async (command) => {
        await canAnswer.promise
        await commands.handle(command)
      },
      clock,
      log: part('uplink'),
    })
    parts.use(uplink)
    identity?.onChange(() => uplink?.signInAnew())
  }

  field = parts.use(
    await startSwappableField(setup, {
      ...{ bus, links, errors, metrics, emit, clock, log },
      onAlarm: (event) => feed.publishAlarm(event.rule, event),
      onSamples: (samples) => {
        outbox.append(samples)
        metrics.samples.inc(samples.length)
        samples.forEach(feed.publishSample)
      },
    }),
  )
  const started = field
  addBusMetrics(metrics.registry, () =>
    started.current.drivers.flatMap(({ driver }) => driver.report?.() ?? []),
  )
  async function swap(next: GatewaySetup): Promise<void> {
    const before = started.current.setup.devices
    await started.swap(next)
    for (const { id } of before) if (!next.devices.some((one) => one.id === id)) feed.forget(id)
    uplink?.catalogueChanged()
  }
  requests = parts.use(
    answerRequests({
      commissioner: createCommissioner({ field: () => started.current, errors, swap }),
      reply: (reply) => uplink?.reply(reply),
      clock,
      log: part('requests'),
    }),
  )
  canAnswer.resolve()
  commands.recover()

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
    swap,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
