import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { systemClock } from '#lib/clock.ts'
import { CameraSimulator } from '#simulators/onvif/camera-simulator.ts'
import { DiscoveryResponder } from '#simulators/onvif/discovery-responder.ts'
import { discoverCameras, readProbeMatches } from './discover-cameras.ts'

const profiles = [
  { id: 'onvif.camera', vendor: 'generic' },
  { id: 'dahua.camera', vendor: 'Dahua' },
]
const options = { clock: systemClock, timeoutMs: 700, interface: '127.0.0.1', profiles }

async function twoCameras() {
  await using parts = new AsyncDisposableStack()
  const dahua = parts.use(
    await CameraSimulator.start({ traits: { manufacturer: 'Dahua', model: 'IPC-HFW2431', serial: 'A' } }),
  )
  const other = parts.use(await CameraSimulator.start({ traits: { model: 'Dome 1', serial: 'B' } }))
  const stack = parts.move()
  return { dahua, other, cameras: [dahua, other], [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

test('cameras answer everybody’s question on the interface, each is proposed once', async () => {
  await using site = await twoCameras()
  await using _ = await DiscoveryResponder.start({ cameras: site.cameras, port: 3702 })
  const found = await discoverCameras(options, new AbortController().signal)
  const ours = found.filter(({ key }) => key === 'urn:uuid:A' || key === 'urn:uuid:B')
  expect(ours.toSorted((a, b) => (a.key < b.key ? -1 : 1))).toEqual([
    {
      key: 'urn:uuid:A',
      protocol: 'onvif',
      profile: 'dahua.camera',
      name: 'Dahua IPC-HFW2431',
      model: 'IPC-HFW2431',
      source: '127.0.0.1',
      instance: { host: '127.0.0.1', port: site.dahua.port },
      seenAt: expect.any(Number),
    },
    expect.objectContaining({
      key: 'urn:uuid:B',
      profile: 'onvif.camera',
      instance: { host: '127.0.0.1', port: site.other.port },
    }),
  ])
  expect(site.dahua.asked).toEqual([])
})

test('one address can be asked alone, and stopping does not wait for the time to be over', async () => {
  await using site = await twoCameras()
  await using responder = await DiscoveryResponder.start({ cameras: site.cameras })
  const target = { host: '127.0.0.1', port: responder.port }
  const found = await discoverCameras({ ...options, target }, new AbortController().signal)
  expect(found).toHaveLength(2)
  const stop = new AbortController()
  const startedAt = performance.now()
  const asking = discoverCameras({ ...options, target, timeoutMs: 30_000 }, stop.signal)
  setTimeout(() => stop.abort(), 500)
  expect(await asking).toHaveLength(2)
  expect(performance.now() - startedAt).toBeLessThan(2_000)
})

test('whatever else comes along is left aside', async () => {
  const stranger = createSocket('udp4')
  stranger.on('message', (_, from) => {
    for (const text of ['hello', '<a>', '<e:Envelope><e:Body/></e:Envelope>', '\0'.repeat(5_000)]) {
      stranger.send(text, from.port, from.address)
    }
  })
  stranger.bind(0, '127.0.0.1')
  await once(stranger, 'listening')
  const target = { host: '127.0.0.1', port: stranger.address().port }
  expect(await discoverCameras({ ...options, target }, new AbortController().signal)).toEqual([])
  stranger.close()
})

test('an interface that is not there is said', async () => {
  const asking = discoverCameras({ ...options, interface: '192.0.2.1' }, new AbortController().signal)
  await expect(asking).rejects.toThrow(/EADDRNOTAVAIL/)
})

test('the words of a stranger are cut short and cannot move a cursor', () => {
  const answer = (name: string) =>
    Buffer.from(
      '<Envelope><Header><RelatesTo>q</RelatesTo></Header><Body><ProbeMatches><ProbeMatch><EndpointReference><Address>k</Address>' +
        `</EndpointReference><Scopes>onvif://www.onvif.org/name/${name}</Scopes><XAddrs>http://10.0.0.9:8000/x</XAddrs>` +
        '</ProbeMatch></ProbeMatches></Body></Envelope>',
    )
  const question = { asked: new Set(['q']), seenAt: 1, profiles }
  const read = (name: string) => readProbeMatches(answer(name), { address: '10.0.0.9' }, question)[0]
  expect(read('%1B%5B2J%0Aevil')?.name).toBe('[2J evil')
  expect(read('x'.repeat(500))?.name).toHaveLength(100)
  expect(read('%E0%A4%A')?.name).toBe('%E0%A4%A')
  expect(read('a')?.instance).toEqual({ host: '10.0.0.9', port: 8000 })
})
