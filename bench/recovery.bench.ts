/**
 * After an outage of one hour at 1,000 samples a second: 3.6 million samples wait in the gateway's outbox when the link is
 * back, 720 devices go on with another 1,000 a second, an alarm is raised or cleared four times a second. Gateway, cloud and
 * devices are processes of their own. How long until the backlog is gone, and what live values (source time to a console's
 * socket) and alarms (device to socket) take meanwhile. Afterwards the ledger has
 * to account for every number. Budgets: 60 s, 2 s and 300 ms.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { unaccounted } from '../tests/support/judge.ts'
import { startProxiedCampus } from '../tests/support/proxied-campus.ts'
import { type Campus, lux, meter } from '../tests/support/test-campus.ts'
import { alarmDevice, alarmRule, openLive, startAlarmProbe } from './lib/alarm-probe.ts'
import { fillOutbox, waitingSamples } from './lib/backlog.ts'
import type { Figure } from './lib/figure.ts'
import { percentile } from './lib/percentile.ts'
import { processCost } from './lib/process-cost.ts'

const backlogSamples = 3_600_000
/** The last of the outage: time for the gateway to notice it, and for code to become as fast as it is after an hour. */
const cutMs = 15_000
const sensors = 660
/** One in ten is watched, and sends every two seconds: a console is told of a point at most once a second. */
const isWatched = (sensor: number): boolean => sensor % 10 === 1
const sensorNumbers = Array.from({ length: sensors }, (_, i) => i + 1)
const meters = 60
const name = 'one hour at 1,000 samples/s'
/** A second of live data and what is on its way: then the backlog is gone. */
const goneSamples = 3_000
const giveUpMs = 300_000

export async function run(): Promise<Figure[]> {
  await using proxied = await startProxiedCampus({
    prepare: (dataFolder) => fillOutbox(dataFolder, backlogSamples),
    bridged: true,
    devices: [
      alarmDevice,
      ...sensorNumbers.map((n) => lux(`lux-${n}`, { interval: isWatched(n) ? '2s' : '1s' })),
      ...Array.from({ length: meters }, (_, i) => meter(`meter-${i + 1}`, i + 1)),
    ],
    rules: [alarmRule],
  })
  const { campus, link } = proxied
  link.cut()
  await sleep(cutMs)
  link.heal()
  const startedAt = performance.now()
  const before = { ...costs(campus), waiting: await waitingSamples(campus.gateway) }
  const live = await watchLive(campus)
  await using alarms = await startAlarmProbe(campus)
  const alarmMs: number[] = []
  while ((await waitingSamples(campus.gateway)) > goneSamples) {
    if (performance.now() - startedAt > giveUpMs) throw new Error(`not drained within ${giveUpMs / 1000} s`)
    alarmMs.push(await alarms.once())
    await sleep(250)
  }
  const drainedS = (performance.now() - startedAt) / 1000
  const after = costs(campus)
  const liveMs = live.stop()
  await allThere(campus)

  const figure = (metric: string, value: number, unit: string): Figure => ({
    case: name,
    metric,
    value,
    unit,
  })
  return [
    figure('waiting at the start', before.waiting, 'samples'),
    figure('drained after', drainedS, 's'),
    figure('live values, p50', percentile(liveMs, 0.5), 'ms'),
    figure('live values, p99', percentile(liveMs, 0.99), 'ms'),
    figure('live values', liveMs.length, 'samples'),
    figure('alarms, p50', percentile(alarmMs, 0.5), 'ms'),
    figure('alarms, p99', percentile(alarmMs, 0.99), 'ms'),
    figure('alarms', alarmMs.length, 'events'),
    figure('gateway', after.gatewayS - before.gatewayS, 'CPU s'),
    figure('cloud', after.cloudS - before.cloudS, 'CPU s'),
  ]
}

function costs({ gateway, cloud }: Campus): { gatewayS: number; cloudS: number } {
  return { gatewayS: processCost(gateway.program.pid).cpuS, cloudS: processCost(cloud.program.pid).cpuS }
}

/** How old a value is when a console has it. */
async function watchLive(campus: Campus): Promise<{ stop(): number[] }> {
  const watched = sensorNumbers.filter(isWatched).map((n) => `lux-${n}/illuminance`)
  const openedAt = Date.now()
  const socket = await openLive(
    campus,
    watched.map((point) => `points:${campus.pointId(point)}`),
  )
  const ages: number[] = []
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(String(data)) as { type: string; data?: { t?: number } }
    const t = message.data?.t
    // What was said on subscribing is as old as it may be.
    if (message.type === 'ev' && t !== undefined && t > openedAt) ages.push(Date.now() - t)
  })
  return {
    stop() {
      socket.terminate()
      return ages
    },
  }
}

/** Throws when a number is missing or was received twice, or when the gateway dropped one. */
async function allThere({ cloud, gatewayId }: Campus): Promise<void> {
  const { streams } = await cloud.api.ledger(gatewayId)
  for (const stream of streams) {
    const last = stream.received.at(-1)?.[1] ?? 0
    const { missing, twice } = unaccounted({ ...stream, produced: Math.min(stream.produced, last) })
    if (missing.length + twice.length + stream.dropped.length > 0) {
      throw new Error(`the ledger of ${stream.stream} has gaps: ${JSON.stringify({ missing, twice })}`)
    }
  }
}
