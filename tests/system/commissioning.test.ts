import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { connectAsync, type MqttClient } from 'mqtt'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { UnknownDeviceList } from '#contract/api/assets.ts'
import type { BusList } from '#contract/api/commissioning.ts'
import type { Device, DeviceErrorList, LinkHistory } from '#contract/api/devices.ts'
import { CommissioningClient } from '../support/commissioning-client.ts'
import { unaccounted } from '../support/judge.ts'
import { type Campus, lux, meter, startCampus } from '../support/test-campus.ts'
import { waitFor } from '../support/wait-for.ts'

let campus: Campus
let client: CommissioningClient

/** One meter is configured; a meter, a relay and a sensor are there and nobody has told the gateway. */
beforeAll(async () => {
  const relay = { id: 'relay-9', profile: 'waveshare.relay8', unit: 9, isUnknown: true }
  campus = await startCampus({
    devices: [
      meter('meter-1', 1),
      { ...meter('meter-7', 7), isUnknown: true },
      relay,
      { id: 'meter-11', profile: 'abb.b23', unit: 11, isUnknown: true },
      lux('lux-1', {
        interval: '20ms',
        signals: { illuminance: { gen: 'count', start: 0, step: 8, wrap: 100_000 } },
      }),
      lux('lux-2', { interval: '200ms', isUnknown: true }),
    ],
  })
  client = new CommissioningClient(campus)
  await waitFor(async () => expect((await deviceOf('meter-1'))?.link.state).toBe('up'))
})

afterAll(async () => {
  await campus?.[Symbol.asyncDispose]()
})

const deviceOf = async (id: string): Promise<Device | undefined> =>
  (await campus.cloud.api.devices()).find((one) => one.id === `${campus.gatewayId}/${id}`)

async function connectMqtt(url: string, login: Campus['mqttLogin']): Promise<MqttClient & AsyncDisposable> {
  const client = await connectAsync(url, { ...login, protocolVersion: 4 })
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.endAsync(true) })
}

const candidate = { profile: 'eastron.sdm630', bus: 'plant', unit: 7 }

test('the gateway says which profiles it has, with what a form needs', async () => {
  const { items } = await client.profiles()
  const sdm = items.find(({ id }) => id === 'eastron.sdm630')
  expect(sdm).toMatchObject({ protocol: 'modbus', vendor: 'Eastron', unit: { default: 1, min: 1, max: 247 } })
  const named = items.find(({ id }) => id === 'zigbee2mqtt.illuminance')?.params
  expect(named).toContainEqual(expect.objectContaining({ name: 'name', type: 'text', required: true }))
})

test('a scan finds the four units of 32 that are there, while the polls go on', async () => {
  const begun = await client.startScan('plant', 1, 32)
  expect(begun).toMatchObject({ state: 'running', total: 32 })
  const busy = await client.refusal(client.startScan('plant', 1, 2))
  expect(busy).toMatchObject({ status: 409, code: 'BUSY' })
  const { state, done, units } = await client.ended(begun.id)
  expect([state, done]).toEqual(['done', 32])
  const there = units.filter(({ answered }) => answered)
  expect(there.map(({ unit, device }) => [unit, device])).toEqual([
    [1, 'meter-1'],
    [7, undefined],
    [9, undefined],
    [11, undefined],
  ])
  await waitFor(async () => {
    const { items } = await campus.cloud.api.call<UnknownDeviceList>('/api/v1/assets/unknown')
    const addresses = items.filter(({ source }) => source === 'scan').map(({ address }) => address)
    expect(addresses.toSorted()).toEqual(['plant · 11', 'plant · 7', 'plant · 9'])
  })
  expect((await deviceOf('meter-1'))?.link.state).toBe('up')
})

test('a scan that is cancelled keeps what it found; one of a bus nobody has is refused', async () => {
  const begun = await client.startScan('plant', 1, 247)
  await client.cancel(begun.id)
  const { state, done, units } = await client.ended(begun.id)
  expect(state).toBe('cancelled')
  expect(done).toBeLessThan(247)
  expect(units.length).toBeLessThanOrEqual(done)
  expect(await client.refusal(client.startScan('roof', 1, 2))).toMatchObject({
    ...{
      status: 422,
      code: 'CONFIG_INVALID',
      details: [{ path: 'bus', message: 'no bus roof under buses' }],
    },
  })
})

test('a test read shows raw beside decoded; the wrong profile is told by the device itself', async () => {
  await campus.site.set('meter-7', 'voltage.l1', 231.5)
  const good = await client.probe(candidate)
  const voltage = good.points.find(({ point }) => point === 'voltage.l1')
  expect(voltage).toMatchObject({ raw: expect.stringMatching(/4367.*8000/i), unit: 'V', quality: 'good' })
  expect(voltage?.value).toBeCloseTo(231.5)
  expect(await deviceOf('meter-7')).toBeUndefined()

  const wrong = await client.probe({ ...candidate, unit: 9 })
  const values = wrong.points.filter(({ quality }) => quality === 'good')
  expect(wrong.identity?.fits === false || values.length === 0).toBe(true)
  const silent = await client.refusal(client.probe({ ...candidate, unit: 33 }))
  expect(silent).toMatchObject({ status: 504, code: 'DEVICE_TIMEOUT' })
})

test('a broken device lists every problem with its place, and nothing is changed', async () => {
  const before = await campus.cloud.api.devices()
  const broken = await client.refusal(
    client.add({ id: 'Meter 7', profile: 'eastron.sdm630', unit: 300, colour: 1 }),
  )
  expect(broken).toMatchObject({ status: 422, code: 'CONFIG_INVALID' })
  expect(broken.details?.map(({ path }) => path)).toEqual(['id', 'unit', 'colour'])
  const unfit = await client.refusal(
    client.add({ ...candidate, id: 'meter-7', bus: 'roof', params: { x: 1 } }),
  )
  expect(unfit.details?.map(({ path }) => path).sort()).toEqual(['bus', 'params.x'])
  const taken = await client.refusal(client.add({ ...candidate, id: 'meter-1' }))
  expect(taken.details).toEqual([{ path: 'id', message: 'meter-1 is there already' }])
  expect((await campus.cloud.api.devices()).map(({ id }) => id)).toEqual(before.map(({ id }) => id))
})

test('an added device is in the inventory when the answer comes, live within seconds, and costs nobody a sample', async () => {
  const title = { zh: '七号楼总表', en: 'Building 7' }
  const { id } = await client.add({ ...candidate, id: 'meter-7', title, location: { zh: '配电间' } })
  expect(id).toBe(`${campus.gatewayId}/meter-7`)
  expect(await deviceOf('meter-7')).toMatchObject({ title, added: true, address: 'plant · 7' })
  const voltage = await waitFor(
    async () => {
      const found = (await deviceOf('meter-7'))?.points.find((one) => one.id.endsWith('/voltage.l1'))
      if (found?.last?.quality !== 'good') throw new Error('no value yet')
      return found.last
    },
    { timeoutMs: 10_000, everyMs: 100 },
  )
  expect(voltage.value).toBeCloseTo(231.5)
  // What is there already stays up, and whatever was numbered has arrived.
  const { items } = await campus.cloud.api.call<LinkHistory>(
    `/api/v1/devices/${campus.gatewayId}/meter-1/links`,
  )
  expect(items.map(({ state }) => state)).toEqual(['up'])
  await waitFor(async () => {
    const ledger = await campus.cloud.api.ledger(campus.gatewayId)
    for (const stream of ledger.streams) expect(unaccounted(stream)).toEqual({ missing: [], twice: [] })
    expect(ledger.streams.flatMap(({ dropped }) => dropped)).toEqual([])
    expect(ledger.streams.filter(({ stream }) => stream === 'telemetry')).toHaveLength(1)
  })
})

test('an MQTT device is added while another one keeps talking, and none of its values is lost', async () => {
  await client.add({ id: 'lux-2', profile: 'zigbee2mqtt.illuminance', params: { name: 'lux-2' } })
  await waitFor(async () => expect((await deviceOf('lux-2'))?.link.state).toBe('up'))
  // Every change stops and starts all devices.
  for (let n = 1; n <= 15; n++) await client.update('lux-2', { title: { en: `Lamp ${n}` } })
  await waitFor(async () => {
    const lines = (await readFile(campus.site.journal, 'utf8')).trim().split('\n')
    const times = lines
      .map((line) => JSON.parse(line) as { point: string; t: number })
      .filter(({ point }) => point === 'lux-1/illuminance')
      .map(({ t }) => t)
    const from = times[0] ?? 0
    const to = (times.at(-5) ?? 0) + 1
    const stored = await campus.cloud.api.samples(campus.pointId('lux-1/illuminance'), { from, to })
    const have = new Set(stored.map(([t]) => t))
    expect(times.filter((t) => t < to && !have.has(t))).toEqual([])
  })
})

test('names and checked points can be changed, a device of gateway.yaml cannot, a removed one keeps its history', async () => {
  await client.update('meter-7', { title: { zh: '新名' }, location: null })
  expect(await deviceOf('meter-7')).toMatchObject({ title: { zh: '新名' } })
  expect((await deviceOf('meter-7'))?.location).toBeUndefined()
  expect(await client.refusal(client.remove('meter-1'))).toMatchObject({ status: 409, code: 'NOT_MANAGED' })
  expect(await client.refusal(client.remove('nothing'))).toMatchObject({ status: 404, code: 'NOT_FOUND' })

  await client.remove('meter-7')
  expect(await deviceOf('meter-7')).toBeUndefined()
  const gone = await campus.cloud.api.call<Device>(`/api/v1/devices/${campus.gatewayId}/meter-7`)
  expect(gone.removedAt).toBeDefined()
  const point = campus.pointId('meter-7/voltage.l1')
  const kept = await campus.cloud.api.samples(point, { from: 0, to: Date.now() })
  expect(kept.length).toBeGreaterThan(0)
  // Adding it again takes the removal back.
  await client.add({ ...candidate, id: 'meter-7' })
  expect((await deviceOf('meter-7'))?.removedAt).toBeUndefined()
})

test('a point that is poorly documented counts only after a person has checked it at the device', async () => {
  const poor = { profile: 'abb.b23', bus: 'plant', unit: 11 }
  const { points } = await client.probe(poor)
  const low = points.filter(({ lowConfidence }) => lowConfidence).map(({ point }) => point)
  expect(low.length).toBeGreaterThan(1)
  expect(points.filter(({ quality }) => quality === 'good').length).toBeGreaterThan(low.length)

  await client.add({ ...poor, id: 'meter-11' })
  const pointsOf = async () =>
    (await deviceOf('meter-11'))?.points.map(({ id }) => id.split('/').slice(2).join('/')) ?? []
  expect((await deviceOf('meter-11'))?.hidden?.toSorted()).toEqual(low.toSorted())
  expect((await pointsOf()).filter((id) => low.includes(id))).toEqual([])

  // Later, at the device: its id alone is enough to look again.
  const again = await client.probe({ id: 'meter-11' })
  expect(again.points.map(({ point }) => point)).toEqual(points.map(({ point }) => point))
  const [first = ''] = low
  await client.update('meter-11', { confirmed: [first] })
  expect(await pointsOf()).toContain(first)
  expect((await deviceOf('meter-11'))?.hidden).not.toContain(first)
  await client.remove('meter-11')
})

test('what announces itself is proposed with what is known of it, and nothing is added by itself', async () => {
  const { mqttLogin, gateway } = campus
  await using bridge = await connectMqtt(gateway.brokerUrl, mqttLogin)
  const exposes = [{ type: 'numeric', name: 'illuminance', property: 'illuminance', access: 1 }]
  const definition = { model: 'GZCGQ01LM', vendor: 'Xiaomi', exposes }
  const device = {
    type: 'EndDevice',
    ieee_address: '0x01',
    friendly_name: 'hall',
    supported: true,
    definition,
  }
  await bridge.publishAsync('zigbee2mqtt/bridge/devices', JSON.stringify([device]), { qos: 1 })
  const found = await waitFor(
    async () => {
      const one = (await client.proposals()).items.find(({ name }) => name.includes('hall'))
      if (one === undefined) throw new Error('not proposed yet')
      return one
    },
    { timeoutMs: 30_000 },
  )
  expect(found).toMatchObject({ protocol: 'mqtt', profile: 'zigbee2mqtt.illuminance', model: 'GZCGQ01LM' })
  expect(found.instance).toMatchObject({ params: { name: 'hall' } })
  expect(await deviceOf('hall')).toBeUndefined()
  await client.add({ ...found.instance, profile: found.profile, id: 'hall' })
  expect(await deviceOf('hall')).toMatchObject({ added: true })
  expect((await client.proposals()).items.filter(({ name }) => name.includes('hall'))).toEqual([])
  await client.remove('hall')
})

test('the password of a camera lies in a file of its own and goes nowhere else', async () => {
  const secret = 'a password of a camera'
  const camera = { id: 'cam-1', profile: 'onvif.camera', host: '127.0.0.1', port: 9 }
  const login = { username: 'admin', password: secret }
  await client.add({ ...camera, ...login })
  const errors = await waitFor(async () => {
    const url = `/api/v1/devices/${campus.gatewayId}/cam-1/errors`
    const { items } = await campus.cloud.api.call<DeviceErrorList>(url)
    expect(items).toMatchObject([{ kind: 'no_answer', place: '127.0.0.1' }])
    return items
  })
  expect(JSON.stringify(errors)).not.toContain(secret)
  const data = join(campus.folder.path, 'gateway', 'data')
  const file = join(data, 'device-passwords', 'cam-1')
  expect([await readFile(file, 'utf8'), ((await stat(file)).mode & 0o777).toString(8)]).toEqual([
    secret,
    '600',
  ])
  expect(await readFile(join(data, 'devices.yaml'), 'utf8')).not.toContain(secret)
  expect(JSON.stringify(await deviceOf('cam-1'))).not.toContain(secret)
  expect(campus.gateway.program.output + campus.cloud.program.output).not.toContain(secret)
  await client.remove('cam-1')
  await expect(stat(file)).rejects.toThrow(/ENOENT/)
})

test('the lines of a gateway can be looked at: who answers, how fast, who does not', async () => {
  const { items } = await campus.cloud.api.call<BusList>(`/api/v1/gateways/${campus.gatewayId}/buses`)
  const report = items.find(({ id }) => id === 'plant')?.report
  expect(report).toMatchObject({ connected: true })
  expect(report?.units.find(({ unit }) => unit === 1)).toMatchObject({
    state: 'answers',
    devices: ['meter-1'],
  })
})

test('what goes wrong with a device can be asked for: a message nobody can read, a register it does not have', async () => {
  const errorsOf = (id: string) =>
    campus.cloud.api.call<DeviceErrorList>(`/api/v1/devices/${campus.gatewayId}/${id}/errors`)
  expect((await errorsOf('meter-1')).items).toEqual([])

  await using bridge = await connectMqtt(campus.gateway.brokerUrl, campus.mqttLogin)
  for (const payload of ['{"password":"Not-Shown-42","illuminance":', 'x'])
    await bridge.publishAsync('zigbee2mqtt/lux-1', payload, { qos: 1 })
  await waitFor(async () => {
    expect((await errorsOf('lux-1')).items).toMatchObject([
      { kind: 'payload_refused', place: 'zigbee2mqtt/lux-1', text: 'not-json, 1 bytes: x', count: 2 },
    ])
  })
  const { since, items } = await errorsOf('lux-1')
  const [firstAt, lastAt] = [items[0]?.firstAt ?? '', items[0]?.lastAt ?? '']
  expect(since < firstAt && firstAt <= lastAt && Date.parse(lastAt) <= Date.now()).toBe(true)

  // A meter that is another one than its profile says: its registers are not there.
  await client.add({ profile: 'abb.b23', bus: 'plant', unit: 7, id: 'misfit-7' })
  await waitFor(async () => {
    expect((await errorsOf('misfit-7')).items).toContainEqual(
      expect.objectContaining({
        kind: 'points_parked',
        place: expect.stringMatching(/^plant · 7 · FC3 holding \d+$/),
        text: expect.stringMatching(/^[a-z0-9_.]+(, [a-z0-9_.]+)*: exception 2 \(illegal data address\)$/),
      }),
    )
  })
  expect((await errorsOf('lux-1')).items).toHaveLength(1)
  await client.remove('misfit-7')
  await expect(errorsOf('misfit-7')).rejects.toThrow(/404.*NOT_FOUND/)
})

test('whenever the power goes, the gateway starts with the old devices or the new ones', async () => {
  for (const afterMs of [0, 10, 30, 60, 100, 160, 250, 400]) {
    const id = `meter-k${afterMs}`
    const asked = client.add({ ...candidate, id }).catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, afterMs))
    await campus.gateway.kill9()
    await asked
    await campus.gateway.restart()
    await waitFor(async () => {
      const there = (await campus.cloud.api.devices()).map((one) => one.id)
      expect(there).toEqual(expect.arrayContaining([`${campus.gatewayId}/meter-1`]))
      expect((await client.profiles()).items.length).toBeGreaterThan(0)
    })
    const file = join(campus.folder.path, 'gateway', 'data', 'devices.yaml')
    const isKept = (await readFile(file, 'utf8')).includes(`id: ${id}`)
    if (isKept) await client.remove(id)
    else expect(await deviceOf(id)).toBeUndefined()
  }
})

test('a gateway that is away is told at once', async () => {
  await campus.gateway.program.stop()
  await waitFor(async () => {
    const asked = performance.now()
    expect(await client.refusal(client.profiles())).toMatchObject({ status: 503, code: 'GATEWAY_OFFLINE' })
    expect(performance.now() - asked).toBeLessThan(1_000)
  })
})
