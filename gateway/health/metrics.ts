import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, Registry } from 'prom-client'
import type { HealthFacts } from './health.ts'

export interface GatewayMetrics extends Disposable {
  readonly registry: Registry
  /** Samples that passed the pipeline. */
  readonly samples: Counter
  /** Readings the drivers reported, before thinning. */
  readonly readings: Counter
  readonly mqttRefused: Counter<'reason'>
  readonly mqttUnclaimed: Counter
  readonly payloadsRefused: Counter<'device' | 'reason'>
  readonly commands: Counter<'state'>
  readonly alarms: Counter<'state'>
}

/** Counters are counted where things happen; everything that has a state is read when `/metrics` is asked. */
export function createMetrics(facts: () => HealthFacts): GatewayMetrics {
  const registry = new Registry()
  const registers = [registry]
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  addGauges(registry, facts)
  addProcess(registry, delay)
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter<L>({ name: `gateway_${name}`, help, labelNames, registers })

  return {
    registry,
    samples: counter('samples_total', 'Samples that passed the pipeline'),
    readings: counter('readings_total', 'Readings reported by drivers'),
    mqttRefused: counter('mqtt_refused_total', 'MQTT clients and packets the local broker refused', [
      'reason',
    ]),
    mqttUnclaimed: counter('mqtt_unclaimed_total', 'Messages on topics that no configured device uses'),
    payloadsRefused: counter('payloads_refused_total', 'MQTT payloads of devices that could not be used', [
      'device',
      'reason',
    ]),
    commands: counter('commands_total', 'Command results by state', ['state']),
    alarms: counter('alarm_events_total', 'Alarm events by state', ['state']),
    [Symbol.dispose]() {
      delay.disable()
    },
  }
}

function addGauges(registry: Registry, facts: () => HealthFacts): void {
  const registers = [registry]
  const gauge = (name: string, help: string, read: (facts: HealthFacts) => number) =>
    new Gauge({
      name: `gateway_${name}`,
      help,
      registers,
      collect() {
        this.set(read(facts()))
      },
    })
  gauge('uplink_connected', '1 while the cloud is connected', ({ uplink }) => Number(uplink.connected))
  gauge('broker_connected', '1 while the local broker is reached', ({ broker }) => Number(broker.connected))
  gauge('outbox_disk_bytes', 'Bytes of the outbox on disk', ({ outbox }) => outbox.diskUsed)
  gauge('outbox_disk_budget_bytes', 'Bytes the outbox may use', ({ outbox }) => outbox.diskBudget)
  gauge('outbox_autonomy_hours', 'Hours until something is dropped without the cloud', ({ outbox }) =>
    outbox.autonomyH === undefined ? Number.NaN : outbox.autonomyH,
  )
  gauge('outbox_dropped_samples', 'Samples dropped since the start', ({ outbox }) => outbox.dropped.samples)
  gauge('outbox_dropped_events', 'Events dropped since the start', ({ outbox }) => outbox.dropped.events)
  gauge('outbox_commit_seconds', 'How long the last commit took', ({ outbox }) => outbox.commitMs.last / 1000)
  gauge('certificate_valid_seconds', 'Until the certificate of this gateway expires', ({ uplink, now }) =>
    uplink.certificate === undefined
      ? Number.NaN
      : (Date.parse(uplink.certificate.validUntil) - Date.parse(now)) / 1000,
  )
  gauge('alarms_active', 'Alarms that are on', ({ alarms }) => alarms.active)
  byLane(registry, facts)
  new Gauge({
    name: 'gateway_devices',
    help: 'Devices by state of their link',
    labelNames: ['link'],
    registers,
    collect() {
      const { total, up, down } = facts().devices
      this.set({ link: 'up' }, up)
      this.set({ link: 'down' }, down)
      this.set({ link: 'unknown' }, total - up - down)
    },
  })
}

function byLane(registry: Registry, facts: () => HealthFacts): void {
  const lanes = [
    ['batches', 'Batches waiting'],
    ['samples', 'Samples or events waiting'],
    ['bytes', 'Bytes waiting'],
    ['drainPerS', 'Samples delivered per second over the last minute'],
  ] as const
  for (const [field, help] of lanes) {
    const name = field === 'drainPerS' ? 'gateway_drain_per_second' : `gateway_backlog_${field}`
    new Gauge({
      ...{ name, help, labelNames: ['lane'], registers: [registry] },
      collect() {
        for (const lane of facts().outbox.backlog) this.set({ lane: lane.lane }, lane[field])
      },
    })
  }
  new Gauge({
    name: 'gateway_backlog_oldest_age_seconds',
    help: 'Age of the oldest waiting sample',
    labelNames: ['lane'],
    registers: [registry],
    collect() {
      const { outbox, now } = facts()
      for (const { lane, oldestAt } of outbox.backlog) {
        this.set({ lane }, oldestAt === undefined ? 0 : Math.max(0, Date.parse(now) - oldestAt) / 1000)
      }
    },
  })
}

type Delay = ReturnType<typeof monitorEventLoopDelay>

/** The few process figures that tell about health; prom-client's default set costs a timer and tells little more. */
function addProcess(registry: Registry, delay: Delay): void {
  const registers = [registry]
  new Gauge({
    name: 'gateway_event_loop_delay_seconds',
    help: 'Delay of the event loop since the last reading, by quantile',
    labelNames: ['quantile'],
    registers,
    collect() {
      for (const percent of [50, 99, 100])
        this.set({ quantile: percent / 100 }, delay.percentile(percent) / 1e9)
      delay.reset()
    },
  })
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory',
    registers,
    collect() {
      this.set(process.memoryUsage.rss())
    },
  })
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'CPU time of the process',
    registers,
    collect() {
      const { user, system } = process.cpuUsage()
      this.reset()
      this.inc((user + system) / 1e6)
    },
  })
}
