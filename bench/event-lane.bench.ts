/**
 * How long an alarm takes from the device to a console's socket while the telemetry lanes are saturated: a backlog of
 * millions of samples drains, 200 sensors send live values, and one sensor's value goes over and back over its limit. From
 * the device's publish to the event on the WebSocket, through gateway, TLS, ingest and store. Budget: p99 under 200 ms.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { lux, startCampus } from '../tests/support/test-campus.ts'
import { alarmDevice, alarmRule, startAlarmProbe } from './lib/alarm-probe.ts'
import { fillOutbox, waitingSamples } from './lib/backlog.ts'
import type { Figure } from './lib/figure.ts'
import { percentile } from './lib/percentile.ts'

const backlogSamples = 9_000_000
const sensors = 200
const rounds = 150
const everyMs = 60

export async function run(): Promise<Figure[]> {
  await using campus = await startCampus({
    prepare: (dataFolder) => fillOutbox(dataFolder, backlogSamples),
    devices: [
      alarmDevice,
      ...Array.from({ length: sensors }, (_, i) => lux(`lux-${i + 1}`, { interval: '1s' })),
    ],
    rules: [alarmRule],
  })
  await using alarms = await startAlarmProbe(campus)
  const before = await waitingSamples(campus.gateway)
  const latencies: number[] = []
  for (let round = 0; round < rounds; round++) {
    latencies.push(await alarms.once())
    await sleep(everyMs)
  }
  const after = await waitingSamples(campus.gateway)
  if (after === 0) throw new Error('the backlog was gone before the end: the lanes were not saturated')

  const name = 'alarms while a backlog drains'
  return [
    { case: name, metric: 'p50', value: percentile(latencies, 0.5), unit: 'ms' },
    { case: name, metric: 'p99', value: percentile(latencies, 0.99), unit: 'ms' },
    { case: name, metric: 'max', value: percentile(latencies, 1), unit: 'ms' },
    { case: name, metric: 'backlog at the start', value: before, unit: 'samples' },
    { case: name, metric: 'backlog at the end', value: after, unit: 'samples' },
  ]
}
