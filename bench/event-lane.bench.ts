/**
 * How long an alarm takes from the device to a console's socket while the telemetry lanes are saturated: a backlog of
 * millions of samples drains, 200 sensors send live values, and one sensor's value goes over and back over its limit. From
 * the device's publish to the event on the WebSocket, through gateway, TLS, ingest and store. Budget: p99 under 200 ms.
 */
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectAsync, type MqttClient } from 'mqtt'
import { WebSocket } from 'ws'
import { openOutbox } from '#gateway/outbox/outbox.ts'
import { defaultOutboxSettings } from '#gateway/outbox/outbox-config.ts'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { type Campus, lux, startCampus } from '../tests/support/test-campus.ts'
import { takeSamples } from './campus-mix.ts'
import type { Figure } from './lib/figure.ts'

const backlogSamples = 9_000_000
const sensors = 200
const rounds = 150
const everyMs = 60
const alarm = 'lux-alarm'
const perAppend = 10_000

export async function run(): Promise<Figure[]> {
  await using campus = await startCampus({
    prepare: fillOutbox,
    devices: [
      lux(alarm, { isForeign: true }),
      ...Array.from({ length: sensors }, (_, i) => lux(`lux-${i + 1}`, { interval: '1s' })),
    ],
    rules: [
      {
        ...{ id: 'dark', point: `${alarm}/illuminance`, below: 300, priority: 2 },
        title: { zh: '照度不足', en: 'too dark' },
      },
    ],
  })
  const device = await connectAsync(campus.gateway.brokerUrl, { protocolVersion: 4, ...campus.mqttLogin })
  const socket = await openLive(campus)
  const before = await waiting(campus)
  const latencies: number[] = []
  for (let round = 0; round < rounds; round++) {
    latencies.push(await alarmOnce(device, socket, round % 2 === 0 ? 100 : 600))
    await sleep(everyMs)
  }
  const after = await waiting(campus)
  socket.terminate()
  await device.endAsync()
  if (after === 0) throw new Error('the backlog was gone before the end: the lanes were not saturated')

  latencies.sort((a, b) => a - b)
  const at = (part: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(part * latencies.length))] ?? 0
  const name = 'alarms while a backlog drains'
  return [
    { case: name, metric: 'p50', value: at(0.5), unit: 'ms' },
    { case: name, metric: 'p99', value: at(0.99), unit: 'ms' },
    { case: name, metric: 'max', value: at(1), unit: 'ms' },
    { case: name, metric: 'backlog at the start', value: before, unit: 'samples' },
    { case: name, metric: 'backlog at the end', value: after, unit: 'samples' },
  ]
}

/** What a long outage leaves behind. */
async function fillOutbox(dataFolder: string): Promise<void> {
  await mkdir(dataFolder, { recursive: true })
  const samples = takeSamples(200_000)
  const path = join(dataFolder, 'outbox.db')
  const log = createLogger({ level: 'error' })
  await using outbox = await openOutbox({ path, settings: defaultOutboxSettings, clock: systemClock, log })
  const spanMs = (samples.at(-1)?.t ?? 0) - (samples[0]?.t ?? 0)
  for (let done = 0; done < backlogSamples; done += perAppend) {
    const start = done % samples.length
    const laterMs = spanMs * Math.floor(done / samples.length)
    outbox.append(samples.slice(start, start + perAppend).map((one) => ({ ...one, t: one.t + laterMs })))
    if (outbox.stats().memory.samples > defaultOutboxSettings.memoryBudgetSamples / 2) await outbox.flush()
  }
  await outbox.flush()
}

async function openLive(campus: Campus): Promise<WebSocket> {
  const { origin, api } = campus.cloud
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/api/v1/live`, {
    headers: { authorization: `Bearer ${api.token}` },
  })
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'sub', topics: ['alarms'] }))
  await sleep(500)
  return socket
}

/** Milliseconds from the device's publish to the event on the socket. */
async function alarmOnce(device: MqttClient, socket: WebSocket, illuminance: number): Promise<number> {
  const heard = new Promise<number>((resolve, reject) => {
    const overdue = setTimeout(() => reject(new Error('no alarm within 10 s')), 10_000)
    const listen = (data: Buffer) => {
      const message = JSON.parse(String(data)) as { type: string; topic?: string }
      if (message.type !== 'ev' || message.topic !== 'alarms') return
      socket.off('message', listen)
      clearTimeout(overdue)
      resolve(performance.now())
    }
    socket.on('message', listen)
  })
  const sentAt = performance.now()
  device.publish(`zigbee2mqtt/${alarm}`, JSON.stringify({ illuminance, last_seen: Date.now() }), { qos: 1 })
  return (await heard) - sentAt
}

/** Samples that wait on the gateway, over all lanes. */
async function waiting(campus: Campus): Promise<number> {
  const lines = (await campus.gateway.metrics()).match(/^gateway_backlog_samples\{.*$/gm) ?? []
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}
