/**
 * Everything that depends on which devices there are: drivers, pipeline, rules. It can be taken down and built anew while
 * the outbox, the broker and the uplink go on.
 */
import { join } from 'node:path'
import type { AlarmEvent, GatewayEvent } from '#contract/events.ts'
import type { Sample } from '#contract/sample.ts'
import { type EdgeAlarms, openEdgeAlarms } from '#gateway/alarms/edge-alarms.ts'
import type { DeviceErrors } from '#gateway/health/device-errors.ts'
import type { DeviceLinks } from '#gateway/health/device-links.ts'
import type { DeviceMachines } from '#gateway/health/device-machines.ts'
import type { GatewayMetrics } from '#gateway/health/metrics.ts'
import { createPipeline } from '#gateway/pipeline/pipeline.ts'
import { createRuleEngine } from '#gateway/rules/rule-engine.ts'
import { keepRunning } from '#gateway/southbound/keep-running.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { driverHosts, type HostFor } from './driver-hosts.ts'
import { createDrivers, type NamedDriver } from './drivers.ts'
import type { GatewaySetup } from './load-gateway.ts'
import type { OpenedBus } from './open-bus.ts'
import { rulesOf } from './rules-of.ts'

export type FieldParts = {
  readonly bus: OpenedBus
  readonly links: DeviceLinks
  readonly errors: DeviceErrors
  readonly machines: DeviceMachines
  readonly metrics: GatewayMetrics
  readonly emit: (event: GatewayEvent) => Promise<void>
  /** Told of every alarm before it is emitted. */
  readonly onAlarm: (event: AlarmEvent) => void
  /** Everything that survived the pipeline, in order; the rules have seen it already. */
  readonly onSamples: (samples: readonly Sample[]) => void
  readonly clock: Clock
  readonly log: Logger
}

export interface Field extends AsyncDisposable {
  readonly setup: GatewaySetup
  readonly drivers: readonly NamedDriver[]
  readonly alarms: EdgeAlarms
  /** The newest sample of `<device>/<point>`. */
  latest(point: string): Sample | undefined
}

const tickMs = 1_000

/** Rejects when a driver does not take its devices; then nothing of it runs. */
export async function startField(setup: GatewaySetup, deps: FieldParts): Promise<Field> {
  const { config, devices } = setup
  const { bus, links, errors, machines, metrics, emit, onAlarm, onSamples, clock, log } = deps
  const part = (name: string) => log.child({ part: name })
  await using parts = new AsyncDisposableStack()
  const ids = devices.map(({ id }) => id)
  links.use(ids)
  errors.use(ids)
  machines.use(ids)

  const watched = rulesOf(config.rules, devices)
  const alarms = parts.use(
    await openEdgeAlarms({
      rules: watched,
      file: join(setup.dataFolder, 'alarms.json'),
      clock,
      log: part('alarms'),
      emit: (event) => {
        onAlarm(event)
        return emit(event)
      },
    }),
  )
  // A sample's way, in order: alarms first, then the disk, then the neighbours.
  const pipeline = createPipeline({ devices, clock, log: part('pipeline') })
  const rules = createRuleEngine(watched, alarms.judge)
  rules.begin(clock.now())
  pipeline.subscribe((samples) => samples.forEach(rules.accept))
  pipeline.subscribe(onSamples)
  parts.use(every(tickMs, () => pipeline.tick(), clock))

  const hostFor = driverHosts({ pipeline, links, errors, machines, metrics, emit, clock, log })
  const onRefused = (device: string, reason: string) => metrics.payloadsRefused.inc({ device, reason })
  const mqtt = { link: bus, onRefused }
  const drivers = await createDrivers({ config, devices, mqtt, cameras: setup.secrets.cameras, hostFor })
  parts.use(runDrivers(drivers, hostFor, clock))
  const running = parts.move()
  return {
    ...{ setup, drivers, alarms, latest: pipeline.latest },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
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
