import { randomBytes } from 'node:crypto'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { expect, test } from 'vitest'
import type { LedgerDay } from '#contract/api/ledger.ts'
import { siteDayOf } from '#contract/site-day.ts'
import { freePort } from '#simulators/demo/free-port.ts'
import { unaccounted } from '../support/judge.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { TestCloud } from '../support/test-cloud.ts'
import { TestGateway } from '../support/test-gateway.ts'
import { waitFor } from '../support/wait-for.ts'

const id = 'test-campus'
const host = '127.0.0.1'
const login = { username: 'devices', password: 'a password of devices' }
const startedAt = Date.now()

/** A gateway on a cable that can be cut, its data folder, and a sensor that the test speaks for. */
async function start() {
  await using parts = new AsyncDisposableStack()
  const folder = parts.use(await tempFolder())
  const token = randomBytes(24).toString('base64url')
  const [httpPort, mqttPort] = await Promise.all([freePort(host), freePort(host)])
  const cloud = parts.use(
    await TestCloud.start({
      folder: join(folder.path, 'cloud'),
      ...{ host, httpPort, mqttPort, gateways: [{ id, token }] },
    }),
  )
  const link = parts.use(await startTcpProxy({ port: mqttPort }))
  const gateway = parts.use(
    await TestGateway.start({
      ...{ id, host, folder: join(folder.path, 'gateway') },
      brokerPort: await freePort(host),
      healthPort: await freePort(host),
      cloud: { port: link.port, caFile: cloud.caFile, token, reconnectMax: '500ms' },
      devices: [{ id: 'lux-1', profile: 'zigbee2mqtt.illuminance', params: { name: 'lux-1' } }],
      credentials: [{ ...login, publish: ['zigbee2mqtt/#'], subscribe: ['points/#'] }],
    }),
  )
  /** Each value comes from a moment of its own, so that one stored twice would be seen. */
  async function measures(...values: number[]): Promise<void> {
    const client = await mqtt.connectAsync(gateway.brokerUrl, login)
    for (const value of values) {
      const message = JSON.stringify({ illuminance: value, last_seen: startedAt - 100_000 + value * 100 })
      await client.publishAsync('zigbee2mqtt/lux-1', message, { qos: 1 })
    }
    await client.endAsync()
  }
  async function stored(): Promise<unknown[]> {
    const range = { from: startedAt - 100_000, to: startedAt + 600_000 }
    const samples = await cloud.api.samples(`${id}/lux-1/illuminance`, range)
    return samples.flatMap(([, value, quality]) => (quality === 'good' ? [value] : []))
  }
  const running = parts.move()
  return {
    ...{ cloud, link, gateway, measures, stored },
    data: join(folder.path, 'gateway', 'data'),
    image: join(folder.path, 'image'),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** Telemetry on the gateway's disk that the cloud has not confirmed. */
async function waiting(gateway: TestGateway): Promise<number> {
  const metrics = await gateway.metrics()
  const of = (lane: string) =>
    Number(metrics.match(new RegExp(`backlog_samples\\{lane="${lane}"\\} (\\d+)`))?.[1])
  return of('live') + of('backfill')
}

const day = (cloud: TestCloud) =>
  cloud.api.call<LedgerDay>(`/api/v1/gateways/${id}/ledger/${siteDayOf(Date.now())}`)

test('a gateway whose disk was set back to an old image loses nothing, doubles nothing, and the ledger balances', async () => {
  await using site = await start()
  const { cloud, link, gateway, measures, stored } = site
  await measures(300, 310)
  await waitFor(async () => expect(await stored()).toEqual([300, 310]))
  await waitFor(async () => expect(await waiting(gateway)).toBe(0))

  // The image holds what is on its way and never arrived from it: it will be delivered, and then come again.
  link.cut()
  await measures(320, 330)
  await waitFor(async () => expect(await waiting(gateway)).toBeGreaterThanOrEqual(2))
  await gateway.kill9()
  await cp(site.data, site.image, { recursive: true })
  link.heal()
  await gateway.restart()
  await measures(340, 350)
  await waitFor(async () => expect(await stored()).toEqual([300, 310, 320, 330, 340, 350]))

  await gateway.kill9()
  await rm(site.data, { recursive: true })
  await cp(site.image, site.data, { recursive: true })
  await gateway.restart()
  await measures(360, 370)
  const everything = [300, 310, 320, 330, 340, 350, 360, 370]
  await waitFor(async () => expect(await stored()).toEqual(everything))
  await waitFor(async () => expect(await waiting(gateway)).toBe(0))
  expect(await cloud.metrics()).toMatch(/messages_total\{channel="backfill",outcome="duplicate"\} [1-9]/)

  await waitFor(async () => {
    const { streams } = await cloud.api.ledger(id)
    expect(new Set(streams.map(({ epoch }) => epoch)).size).toBe(3)
    for (const stream of streams) expect(unaccounted(stream)).toEqual({ missing: [], twice: [] })
    for (const { totals, imbalances } of (await day(cloud)).streams) {
      expect({ owed: totals.owed.ranges, dropped: totals.dropped.ranges, imbalances }).toEqual({
        ...{ owed: 0, dropped: 0, imbalances: [] },
      })
    }
  })
  expect(await stored()).toEqual(everything)
})
