import mqtt from 'mqtt'
import { expect, test } from 'vitest'
import { openLocalBroker } from '#gateway/broker/local-broker.ts'
import { Discovery } from '#gateway/southbound/mqtt/discovery/discovery.ts'
import type { Discoverable } from '#gateway/southbound/proposal.ts'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { waitFor } from '../support/wait-for.ts'

const profiles: Discoverable[] = [
  {
    id: 'zigbee2mqtt.plug',
    params: ['base', 'name'],
    discovery: [{ source: 'zigbee2mqtt', features: ['switch', 'power'] }],
  },
  {
    id: 'zigbee2mqtt.switch',
    params: ['base', 'name'],
    discovery: [{ source: 'zigbee2mqtt', features: ['switch'] }],
  },
  {
    id: 'xiaomi.special',
    params: ['name'],
    discovery: [{ source: 'zigbee2mqtt', models: ['SPECIAL'], params: { kind: 'a' } }],
  },
  { id: 'shelly.gen1', params: ['id'], discovery: [{ source: 'shelly_gen1', models: ['SHSW-PM'] }] },
]

const device = (name: string, exposes: readonly unknown[], model = 'M') => ({
  ...{ ieee_address: `0x${name}`, type: 'EndDevice', friendly_name: name },
  definition: { model, exposes },
})
const toggle = { type: 'switch', features: [{ property: 'state' }] }
const power = { type: 'numeric', property: 'power' }

async function start(configured: readonly string[] = []) {
  await using parts = new AsyncDisposableStack()
  const broker = parts.use(
    await openLocalBroker({
      ...{ host: '127.0.0.1', port: 0, maxPacketBytes: 2_000_000, maxConnections: 10, maxRetained: 100 },
      credentials: [
        { username: 'bridge', password: 'p', publish: ['zigbee2mqtt/#'], subscribe: ['shellies/#'] },
      ],
      log: createLogger({ level: 'silent' }),
    }),
  )
  const { host, port } = await broker.listen()
  const connect = async () => {
    const it = await mqtt.connectAsync(`mqtt://${host}:${port}`, { username: 'bridge', password: 'p' })
    parts.defer(() => it.endAsync(true).then(() => {}))
    return it
  }
  const client = await connect()
  const send = (topic: string, payload: unknown, retain = false) =>
    client.publishAsync(topic, typeof payload === 'string' ? payload : JSON.stringify(payload), {
      qos: 1,
      retain,
    })
  const discovery = new Discovery({ link: broker, configured, clock: systemClock })
  const names = () => discovery.proposals(profiles).map(({ name, profile }) => `${name}: ${profile}`)
  const stack = parts.move()
  const listen = () => void stack.use(discovery.listen())
  return { client, send, discovery, listen, names, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

test('every device of a zigbee network is proposed with the profile that fits best, or none', async () => {
  await using site = await start(['zigbee2mqtt/known'])
  site.listen()
  await site.send('zigbee2mqtt/bridge/devices', [
    device('a', [toggle, power]),
    device('b', [toggle]),
    device('c', []),
    device('d', [toggle, power], 'SPECIAL'),
    device('known', [toggle]),
  ])
  await waitFor(() =>
    expect(site.names().toSorted()).toEqual([
      'a: zigbee2mqtt.plug',
      'b: zigbee2mqtt.switch',
      'c: undefined',
      'd: xiaomi.special',
    ]),
  )
  expect(site.discovery.proposals(profiles).find(({ name }) => name === 'a')).toMatchObject({
    ...{ protocol: 'mqtt', model: 'M', source: 'zigbee2mqtt/bridge/devices' },
    instance: { params: { base: 'zigbee2mqtt', name: 'a' } },
  })
  expect(site.discovery.proposals(profiles).find(({ name }) => name === 'd')?.instance).toEqual({
    params: { name: 'd', kind: 'a' },
  })
  await site.send('zigbee2mqtt/bridge/devices', [device('b', [toggle])])
  await waitFor(() => expect(site.names()).toEqual(['b: zigbee2mqtt.switch']))
})

test('a list that was there before is heard, and first Shelly devices are asked to say who they are', async () => {
  await using site = await start()
  const asked: string[] = []
  site.client.on('message', (topic, payload) => {
    asked.push(`${topic} ${payload.toString()}`)
    void site.send('shellies/announce', { id: 'shelly1pm-B929CC', model: 'SHSW-PM' })
  })
  await site.client.subscribeAsync('shellies/command')
  await site.send('zigbee2mqtt/bridge/devices', [device('a', [toggle])], true)
  site.listen()
  await waitFor(() =>
    expect(site.names().toSorted()).toEqual(['a: zigbee2mqtt.switch', 'shelly1pm-B929CC: shelly.gen1']),
  )
  expect(asked).toEqual(['shellies/command announce'])
})
