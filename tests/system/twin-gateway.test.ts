import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { expect, test } from 'vitest'
import { freePort } from '#simulators/demo/free-port.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { TestCloud } from '../support/test-cloud.ts'
import { TestGateway } from '../support/test-gateway.ts'
import { waitFor } from '../support/wait-for.ts'

const id = 'test-campus'
const host = '127.0.0.1'
const login = { username: 'devices', password: 'a password of devices' }
/** The longest wait between two attempts, `reconnectMax` and its jitter, and the time to connect on a busy machine. */
const reconnectMax = '2s'
const secondIsInMs = 2_000 * 1.3 + 10_000
const startOfDay = Math.floor(Date.now() / 86_400_000) * 86_400_000

/** A cloud, and two machines with one configuration: the disk of the first was copied. */
async function start() {
  await using parts = new AsyncDisposableStack()
  const folder = parts.use(await tempFolder())
  const token = randomBytes(24).toString('base64url')
  const [httpPort, mqttPort] = await Promise.all([freePort(host), freePort(host)])
  const gateways = [{ id, token }]
  const cloud = parts.use(
    await TestCloud.start({ folder: join(folder.path, 'cloud'), host, httpPort, mqttPort, gateways }),
  )
  const running = parts.move()
  async function machine(name: string): Promise<TestGateway> {
    return running.use(
      await TestGateway.start({
        id,
        folder: join(folder.path, name),
        host,
        brokerPort: await freePort(host),
        healthPort: await freePort(host),
        cloud: { port: mqttPort, caFile: cloud.caFile, token, reconnectMax },
        devices: [{ id: 'lux-1', profile: 'zigbee2mqtt.illuminance', params: { name: 'lux-1' } }],
        credentials: [{ ...login, publish: ['zigbee2mqtt/#'], subscribe: ['points/#'] }],
      }),
    )
  }
  const stored = async () => {
    const range = { from: startOfDay, to: startOfDay + 86_400_000 }
    const samples = await cloud.api.samples(`${id}/lux-1/illuminance`, range)
    // Hours old as they are, the last one goes stale as well: the gateway's own word, not the sensor's.
    return samples.flatMap(([, value, quality]) => (quality === 'good' ? [value] : []))
  }
  return { cloud, machine, stored, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

/** The sensor of this machine says each of the values, at times of its own. */
async function measures({ brokerUrl }: TestGateway, values: readonly number[]): Promise<void> {
  await using parts = new AsyncDisposableStack()
  const client = await mqtt.connectAsync(brokerUrl, login)
  parts.defer(() => client.endAsync(true).then(() => {}))
  for (const value of values) {
    const message = JSON.stringify({ illuminance: value, last_seen: startOfDay + value * 1000 })
    await client.publishAsync('zigbee2mqtt/lux-1', message, { qos: 1 })
  }
}

const problemsOf = async (gateway: TestGateway) => JSON.stringify(await gateway.health())
const connectionsOf = ({ program }: TestGateway) => program.output.split('connected to the cloud').length - 1
const byRule = (rule: string) => (alarm: { rule: string }) => alarm.rule === rule

test('a copy of a running gateway is refused and says why; the first notices nothing, and no value of either is lost', async () => {
  await using site = await start()
  const { cloud, machine, stored } = site
  const first = await machine('first')
  await first.program.sees(/connected to the cloud/)
  const second = await machine('second')

  await second.program.sees(/another gateway uses this id and is connected/)
  await measures(first, [300, 310, 320])
  await measures(second, [405, 415])
  await waitFor(async () => expect(await stored()).toEqual([300, 310, 320]))
  await waitFor(async () => {
    const alarms = (await cloud.api.alarms()).filter(byRule('cloud.twin'))
    expect(alarms).toMatchObject([{ state: 'raised', point: id, priority: 2 }])
    expect(alarms[0]?.title.en).toMatch(/Connected: 127\.0\.0\.1, refused: 127\.0\.0\.1/)
  })
  expect(await problemsOf(second)).toMatch(/uplink: not connected for \d+ s: .*another gateway uses this id/)

  // Two more attempts of the copy, and the first has still its first connection.
  const attempts = async () =>
    Number((await cloud.metrics()).match(/refused_total\{what="twin"\} (\d+)/)?.[1])
  const before = await attempts()
  await waitFor(async () => expect(await attempts()).toBeGreaterThanOrEqual(before + 2))
  await measures(first, [330])
  await waitFor(async () => expect(await stored()).toEqual([300, 310, 320, 330]))
  expect([connectionsOf(first), connectionsOf(second)]).toEqual([1, 0])
  expect(await cloud.metrics()).toMatch(/campus_gateway_takeovers_total 0/)

  await first.program.stop()
  await second.program.sees(/connected to the cloud/, secondIsInMs)
  await waitFor(async () => expect(await stored()).toEqual([300, 310, 320, 330, 405, 415]))
})

test('a gateway that is killed and started again at once is let in at once', async () => {
  await using site = await start()
  const gateway = await site.machine('only')
  await gateway.program.sees(/connected to the cloud/)
  await gateway.kill9()
  await gateway.restart()
  await gateway.program.sees(/connected to the cloud/)
  expect(gateway.program.output).not.toContain('another gateway')
  expect((await site.cloud.api.alarms()).filter(byRule('cloud.twin'))).toEqual([])
})
