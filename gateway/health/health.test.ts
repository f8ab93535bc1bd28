import { describe, expect, test } from 'vitest'
import { createLogger } from '#lib/logger.ts'
import { type HealthFacts, judgeHealth } from './health.ts'
import { startHealthServer } from './health-server.ts'
import { createMetrics } from './metrics.ts'

const well: HealthFacts = {
  configuration: { version: 0, trouble: [] },
  gateway: 'school-a',
  software: '1',
  startedAt: '2026-01-01T00:00:00.000Z',
  now: '2026-01-01T00:01:00.000Z',
  uplink: { connected: true, state: 'connected' },
  outbox: {
    backlog: [
      {
        lane: 'live',
        batches: 2,
        samples: 30,
        bytes: 400,
        drainPerS: 5,
        oldestAt: Date.UTC(2026, 0, 1, 0, 0, 50),
      },
    ],
    diskUsed: 10,
    diskBudget: 100,
    autonomyH: 20,
    dropped: { samples: 7, events: 0 },
    commitMs: { last: 1, slowest: 2 },
  },
  devices: { total: 3, up: 2, down: 0, notUp: [{ id: 'lux-1', link: 'unknown' }] },
  alarms: { active: 1 },
  broker: { connected: true },
  calendar: {},
  rssBytes: 1,
}

describe('the verdict', () => {
  test('is ok when nothing is wrong', () => {
    expect(judgeHealth(well)).toMatchObject({ status: 'ok', problems: [] })
  })
  test('names everything that is wrong', () => {
    const ill: HealthFacts = {
      ...well,
      uplink: { connected: false, state: 'not connected for 12 s: ECONNREFUSED' },
      outbox: { ...well.outbox, autonomyH: 1.26 },
      devices: { ...well.devices, down: 1 },
      broker: { connected: false },
    }
    expect(judgeHealth(ill)).toMatchObject({
      status: 'degraded',
      problems: [
        'broker: not reachable',
        'uplink: not connected for 12 s: ECONNREFUSED',
        'devices: 1 of 3 down',
        'outbox: full in 1.3 hours without the cloud',
      ],
    })
  })
  test('is failed when the disk takes nothing', () => {
    const failure = 'disk full'
    expect(judgeHealth({ ...well, outbox: { ...well.outbox, failure } }).status).toBe('failed')
  })
})

describe.each(['127.0.0.1', '::1'])('the server on %s', (host) => {
  async function start(facts = well) {
    const metrics = createMetrics(() => facts)
    metrics.samples.inc(12)
    metrics.mqttRefused.inc({ reason: 'login' })
    const server = await startHealthServer({
      ...{ host, port: 0, registry: metrics.registry, log: createLogger({ level: 'silent' }) },
      health: () => judgeHealth(facts),
    })
    return {
      url: server.url,
      async [Symbol.asyncDispose]() {
        metrics[Symbol.dispose]()
        await server[Symbol.asyncDispose]()
      },
    }
  }

  test('answers with health and readiness', async () => {
    await using server = await start()
    expect(await (await fetch(`${server.url}/health`)).json()).toMatchObject({
      status: 'ok',
      gateway: 'school-a',
    })
    expect((await fetch(`${server.url}/ready`)).status).toBe(200)
  })

  test('is not ready when the outbox has failed', async () => {
    await using server = await start({ ...well, outbox: { ...well.outbox, failure: 'disk full' } })
    const response = await fetch(`${server.url}/ready`)
    expect(response.status).toBe(503)
    expect(await response.json()).toEqual({ ready: false, problems: ['outbox: disk full'] })
    expect((await fetch(`${server.url}/health`)).status).toBe(200)
  })

  test('gives the metrics as Prometheus reads them', async () => {
    await using server = await start()
    const text = await (await fetch(`${server.url}/metrics`)).text()
    for (const line of [
      'gateway_samples_total 12',
      'gateway_mqtt_refused_total{reason="login"} 1',
      'gateway_backlog_batches{lane="live"} 2',
      'gateway_backlog_oldest_age_seconds{lane="live"} 10',
      'gateway_outbox_dropped_samples 7',
      'gateway_devices{link="unknown"} 1',
    ]) {
      expect(text.split('\n')).toContain(line)
    }
    expect(text).toMatch(/^gateway_event_loop_delay_seconds\{quantile="0.99"\} [\d.e-]+$/m)
    expect(text).toMatch(/^process_cpu_seconds_total [\d.]+$/m)
  })

  test('refuses other paths and methods', async () => {
    await using server = await start()
    expect((await fetch(`${server.url}/etc`)).status).toBe(404)
    expect((await fetch(`${server.url}/health`, { method: 'POST' })).status).toBe(405)
  })
})
