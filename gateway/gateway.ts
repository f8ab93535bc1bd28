/**
 * Composition root of the gateway: builds every part, connects them, starts them from the disk outwards and stops them
 * the other way round. The only file that knows them all.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { GatewayEvent } from '#contract/events.ts'
import { startLocalFeed } from '#gateway/broker/local-feed.ts'
import { type CalendarQuestions, SchoolCalendar } from '#gateway/calendar/school-calendar.ts'
import { createCommandHandler } from '#gateway/commands/command-handler.ts'
import { CommandJournal } from '#gateway/commands/command-journal.ts'
import { troubleOf } from '#gateway/commands/command-trouble.ts'
import { answerRequests, type RequestHandler } from '#gateway/commissioning/answer-requests.ts'
import type { TrialState } from '#gateway/configuration/trial.ts'
import type { KeepIdentity } from '#gateway/enrolment/keep-identity.ts'
import { addBusMetrics } from '#gateway/health/bus-metrics.ts'
import { DeviceErrors } from '#gateway/health/device-errors.ts'
import { DeviceLinks } from '#gateway/health/device-links.ts'
import { DeviceMachines } from '#gateway/health/device-machines.ts'
import { type HealthFacts, judgeHealth } from '#gateway/health/health.ts'
import { startHealthServer } from '#gateway/health/health-server.ts'
import { createMetrics } from '#gateway/health/metrics.ts'
import { openOutbox } from '#gateway/outbox/outbox.ts'
import { outboxSettings } from '#gateway/outbox/outbox-config.ts'
import { startUplink, type Uplink } from '#gateway/uplink/uplink.ts'
import { uplinkSettings } from '#gateway/uplink/uplink-config.ts'
import { type Clock, systemClock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { oneAtATime } from '#lib/one-at-a-time.ts'
import { parseDuration } from '#lib/quantity.ts'
import { catalogueOf } from './catalogue.ts'
import { createCommissioner } from './commissioner.ts'
import { type Configurator, startConfigurator } from './configurator.ts'
import { healthFacts } from './health-facts.ts'
import type { GatewaySetup } from './load-gateway.ts'
import { openBus } from './open-bus.ts'
import { openIdentity } from './open-identity.ts'
import { software } from './software.ts'
import { type SwappableField, startSwappableField } from './swappable-field.ts'
import { tellTrouble } from './tell-trouble.ts'

export type GatewayDeps = {
  readonly log: Logger
  readonly clock?: Clock
  /** Which configuration of the cloud `setup` is, and which was good before. */
  readonly trial?: TrialState
}

export interface Gateway extends AsyncDisposable {
  /** `http://127.0.0.1:9090` */
  readonly healthUrl: string
  /** `127.0.0.1:1883`, or the address of the broker that was there. */
  readonly broker: string
  /** Resolves with the reason when the gateway cannot go on: end the process and start it again. */
  readonly failed: Promise<Error>
  /** What the school calendar says now, for rules. */
  readonly calendar: CalendarQuestions
  /** Resolves when everything measured so far is on disk. */
  flush(): Promise<void>
  /**
   * Goes on with other devices, rules and limits; what is in the outbox and its numbers go on. Rejects with the reason when they
   * do not start, and goes on with those from before.
   */
  swap(setup: GatewaySetup): Promise<void>
}

export async function startGateway(setup: GatewaySetup, deps: GatewayDeps): Promise<Gateway> {
  const { config, secrets } = setup
  const { log, clock = systemClock, trial = {} } = deps
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
  const calendar = await SchoolCalendar.open({ file: inData('calendar.json'), clock, log: part('calendar') })
  const links = new DeviceLinks()
  const errors = new DeviceErrors(startedAt)
  const machines = new DeviceMachines(() => uplink?.catalogueChanged())
  let field: SwappableField | undefined
  let uplink: Uplink | undefined
  let identity: KeepIdentity | undefined
  let requests: RequestHandler | undefined
  let configurator: Configurator | undefined
  const stuck = Promise.withResolvers<Error>()
  const alone = oneAtATime()
  const facts = (): HealthFacts =>
    healthFacts({
      setup: field?.current.setup ?? setup,
      startedAt,
      clock,
      links,
      outbox,
      uplink,
      identity,
      bus,
      calendar,
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
    get timeoutMs() {
      return parseDuration((field?.current.setup.config ?? config).commands.timeout)
    },
    get maxInHand() {
      return (field?.current.setup.config ?? config).commands.maxInHand
    },
  })
  const feed = parts.use(
    startLocalFeed({ bus, clock, log: part('feed'), handleCommand: (command) => commands.handle(command) }),
  )

  async function connect({ config, secrets }: GatewaySetup): Promise<void> {
    if (config.cloud === undefined || secrets.cloud === undefined) return
    const about = {
      ...{ startedAt, software, runtime: `node ${process.versions.node}` },
    }
    let [shown, said] = [setup, machines.all]
    const catalogueFor = ({ devices, managed }: GatewaySetup) =>
      catalogueOf(devices, { added: new Set(managed.devices.map(({ id }) => id)), machines: machines.all })
    let catalogue = catalogueFor(shown)
    const whatRuns = () => {
      const { setup: now = setup } = field?.current ?? {}
      if (now !== shown || machines.all !== said) catalogue = catalogueFor(now)
      shown = now
      said = machines.all
      return { configVersion: now.configVersion, catalogue }
    }
    if (config.cloud.tokenFile === undefined && identity === undefined) {
      identity = parts.use(
        await openIdentity({ ...{ setup, cloud: config.cloud, clock }, log: part('enrolment') }),
      )
      identity.onChange(() => uplink?.signInAnew())
    }
    uplink = await startUplink({
      settings: uplinkSettings(config.cloud, secrets.cloud),
      identity,
      gateway: config.gateway.id,
      outbox,
      about: () => {
        const told = configurator === undefined ? {} : { config: configurator.report }
        return { ...about, ...whatRuns(), calendar: calendar.report(), devices: links.counts(), ...told }
      },
      onConfig: async (message) => {
        await canAnswer.promise
        await configurator?.handle(message)
      },
      onCalendar: async (message) => {
        await calendar.take(message)
        uplink?.calendarChanged()
      },
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
  }
  await connect(setup)
  parts.defer(async () => await uplink?.[Symbol.asyncDispose]())

  field = parts.use(
    await startSwappableField(setup, {
      ...{ bus, links, errors, machines, metrics, emit, clock, log },
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
    const before = started.current.setup
    await started.swap(next)
    for (const { id } of before.devices) if (!next.devices.some((one) => one.id === id)) feed.forget(id)
    if (!isDeepStrictEqual(next.config.outbox, before.config.outbox))
      await outbox.use(outboxSettings(next.config.outbox))
    bus.use(next)
    if (isDeepStrictEqual(next.config.cloud, before.config.cloud)) uplink?.catalogueChanged()
    else {
      await uplink?.[Symbol.asyncDispose]()
      await connect(next)
    }
  }
  requests = parts.use(
    answerRequests({
      commissioner: createCommissioner({ field: () => started.current, errors, swap, alone }),
      reply: (reply) => uplink?.reply(reply),
      clock,
      log: part('requests'),
    }),
  )
  if (uplink !== undefined) {
    configurator = parts.use(
      startConfigurator({
        ...{ state: trial, swap, alone, clock, log: part('configuration') },
        current: () => started.current.setup,
        say: (report) => uplink?.configChanged(report),
        stuck: (error) => stuck.resolve(error),
      }),
    )
    // It may be connected already, and its birth said nothing of this.
    uplink.configChanged(configurator.report())
  }
  await tellTrouble({
    ...{ file: inData('configuration-alarm'), trouble: setup.trouble, now: clock.now() },
    // Not waited for: a disk that takes nothing must not keep the gateway from starting.
    emit: async (event) => void emit(event).catch((err: unknown) => log.error({ err }, 'alarm not stored')),
  })
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
    calendar,
    failed: Promise.race([outbox.failed, stuck.promise]),
    flush: () => outbox.flush(),
    swap,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
