import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import modbusSerial from 'modbus-serial'
import { expect, test, vi } from 'vitest'
import { loadConfig } from '#lib/load-config.ts'
import { createLogger } from '#lib/logger.ts'
import type { FaultKind } from './faults.ts'
import { type StartedSite, startSite } from './site.ts'
import { SiteConfig } from './site-config.ts'

const modbusSite = `
profiles: ${resolve('device-profiles')}
buses: [{ id: plant, unknownUnit: exception }]
devices:
  - { id: meter-1, profile: eastron.sdm630, bus: plant, unit: 1, latency: 0ms }
  - { id: relay-1, profile: waveshare.relay8, bus: plant, unit: 2 }
`

async function start(text: string): Promise<StartedSite & { folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'site-'))
  const file = join(folder, 'site.yaml')
  await writeFile(file, text)
  const loaded = await loadConfig({ file, schema: SiteConfig })
  if (!loaded.ok) return { ...loaded, folder }
  const log = createLogger({ level: 'silent' })
  return { ...(await startSite({ config: loaded.value, file, log })), folder }
}

async function startBench() {
  const started = await start(modbusSite)
  if (!started.ok || started.site === undefined) throw new Error(JSON.stringify(started))
  const { site, folder } = started
  const client = new modbusSerial.default()
  await client.connectTCP('127.0.0.1', { port: site.ports.modbus.plant ?? 0 })
  client.setTimeout(500)
  const control = (method: string, path: string, body?: unknown) =>
    fetch(`http://127.0.0.1:${site.ports.control}/devices${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  return {
    site,
    client,
    control,
    fault: (kind: FaultKind) => control('POST', '/meter-1/faults', { kind, code: 6 }),
    async [Symbol.asyncDispose]() {
      client.close(() => undefined)
      await site[Symbol.asyncDispose]()
      await rm(folder, { recursive: true })
    },
  }
}

test('a value set by hand is read by a client nobody here wrote, until it is released', async () => {
  await using bench = await startBench()
  bench.client.setID(1)
  const set = await bench.control('POST', '/meter-1/points/power.active', { value: 1234.5 })
  expect(set.status).toBe(200)
  const read = async () => (await bench.client.readInputRegisters(0x34, 2)).buffer.readFloatBE()
  expect(await read()).toBe(1234.5)
  await bench.control('DELETE', '/meter-1/points/power.active')
  expect(await read()).not.toBe(1234.5)
})

test('the meter refuses what the real one refuses', async () => {
  await using bench = await startBench()
  bench.client.setID(1)
  await expect(bench.client.readInputRegisters(1, 2)).rejects.toMatchObject({ modbusCode: 2 })
  await expect(bench.client.readInputRegisters(0, 3)).rejects.toMatchObject({ modbusCode: 3 })
  await expect(bench.client.readInputRegisters(0, 82)).rejects.toMatchObject({ modbusCode: 3 })
  await expect(bench.client.readInputRegisters(0x1000, 2)).rejects.toMatchObject({ modbusCode: 2 })
  // The setting the profile looks at before it trusts the energies.
  expect((await bench.client.readHoldingRegisters(0x1e, 2)).buffer.readFloatBE()).toBe(0)
})

test('a relay that is switched stays switched', async () => {
  await using bench = await startBench()
  bench.client.setID(2)
  await bench.client.writeCoil(2, true)
  await vi.waitFor(async () => {
    expect((await bench.client.readCoils(0, 8)).data.slice(0, 8).map(Number)).toEqual([
      0, 0, 1, 0, 0, 0, 0, 0,
    ])
  })
  await expect(bench.client.writeCoil(8, true)).rejects.toMatchObject({ modbusCode: 2 })
})

test('faults are switched on and off while it runs', async () => {
  await using bench = await startBench()
  bench.client.setID(1)
  await bench.fault('exception')
  await expect(bench.client.readInputRegisters(0, 2)).rejects.toMatchObject({ modbusCode: 6 })
  await bench.control('DELETE', '/meter-1/faults')
  await bench.client.readInputRegisters(0, 2)
  await bench.fault('silent')
  await expect(bench.client.readInputRegisters(0, 2)).rejects.toMatchObject({ errno: 'ETIMEDOUT' })
})

test('the control endpoint says what is wrong with a request', async () => {
  await using bench = await startBench()
  expect((await bench.control('GET', '/nothing')).status).toBe(404)
  expect((await bench.control('POST', '/meter-1/points/nothing', { value: 1 })).status).toBe(404)
  expect((await bench.control('POST', '/meter-1/points/frequency', { valeu: 1 })).status).toBe(400)
  expect((await bench.control('POST', '/meter-1/faults', { kind: 'fire' })).status).toBe(400)
  const devices = (await (await bench.control('GET', '')).json()) as { id: string }[]
  expect(devices.map(({ id }) => id)).toEqual(['meter-1', 'relay-1'])
})

test('every problem of a site file is listed', async () => {
  const started = await start(`
profiles: ${resolve('device-profiles')}
buses: [{ id: line, transport: serial }]
devices:
  - { id: meter-1, profile: eastron.sdm631, bus: plant }
  - { id: meter-2, profile: eastron.sdm630, bus: plant }
  - { id: lux-1, profile: zigbee2mqtt.illuminance, params: { name: lux-1 } }
`)
  await rm(started.folder, { recursive: true })
  const paths = started.ok ? [] : started.problems.map(({ path }) => path)
  expect(paths.filter((path) => /^(devices|buses)/.test(path))).toEqual([
    'buses[0].path',
    'devices[0].profile',
    'devices[1].bus',
    'devices[2].profile',
  ])
})

test('the example file is right', async () => {
  const file = resolve('simulators/site.example.yaml')
  const loaded = await loadConfig({ file, schema: SiteConfig })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  const log = createLogger({ level: 'silent' })
  expect(await startSite({ config: loaded.value, file, log, check: true })).toEqual({ ok: true })
  expect(await readFile(file, 'utf8')).toContain('npm run sim')
})

test('a bus may be a serial line inside TCP, and several devices one unit', async () => {
  const started = await start(`
profiles: ${resolve('device-profiles')}
buses: [{ id: line, transport: rtu-over-tcp }]
devices:
  - { id: meter-1, profile: eastron.sdm630, bus: line, unit: 7, latency: 0ms }
  - { id: relay-1, profile: waveshare.relay8, bus: line, unit: 7, latency: 0ms }
`)
  if (!started.ok || started.site === undefined) throw new Error(JSON.stringify(started))
  const client = new modbusSerial.default()
  try {
    await client.connectTelnet('127.0.0.1', { port: started.site.ports.modbus.line ?? 0 })
    client.setID(7)
    client.setTimeout(500)
    started.site.devices.find(({ id }) => id === 'meter-1')?.set('frequency', 49.5)
    expect((await client.readInputRegisters(0x46, 2)).buffer.readFloatBE()).toBe(49.5)
    await client.writeCoil(5, true)
    await vi.waitFor(async () => expect((await client.readCoils(5, 1)).data[0]).toBe(true))
  } finally {
    await new Promise<void>((done) => client.close(() => done()))
    await started.site[Symbol.asyncDispose]()
    await rm(started.folder, { recursive: true })
  }
})

test('a camera of the file answers on its own port, until it is switched off', async () => {
  const started = await start(`
profiles: ${resolve('device-profiles')}
devices:
  - { id: camera-1, profile: onvif.camera, host: 127.0.0.1, username: gateway, password: not-a-secret }
`)
  if (!started.ok || started.site === undefined) throw new Error(JSON.stringify(started))
  const { site, folder } = started
  const body = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>
    <GetSystemDateAndTime xmlns="http://www.onvif.org/ver10/device/wsdl"/></s:Body></s:Envelope>`
  const ask = () =>
    fetch(`http://127.0.0.1:${site.ports.cameras['camera-1']}/onvif/device_service`, { method: 'POST', body })
  try {
    expect(await (await ask()).text()).toContain('GetSystemDateAndTimeResponse')
    site.devices[0]?.faults.set({ kind: 'offline', rate: 1, ms: 0, code: 4 })
    await vi.waitFor(() => expect(ask()).rejects.toThrow(), 5000)
  } finally {
    await site[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  }
})
