import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { qualityCodes } from '#contract/quality.ts'
import type { ModbusSetup } from '#gateway/profiles/device.ts'
import { runModbus } from '../../../tests/support/running-modbus.ts'
import { waitFor } from '../../../tests/support/wait-for.ts'
import { address, device, point, source } from './fixtures/devices.ts'
import {
  type Answer,
  exception,
  filled,
  frame,
  type Image,
  libraryServer,
  rawServer,
} from './fixtures/servers.ts'

const soon = { everyMs: 10 }
const plant = (port: number) => ({ id: 'plant', host: '127.0.0.1', port })
const sevens: Answer = (request) => [filled(request, 7)]

test('the factor of a value stands in the device: it is read at connect and again when the device comes back', async () => {
  const scale = { at: 1 }
  let silent = false
  const answer: Answer = (request) => {
    if (silent) return []
    return [filled(request, request.addr === 100 ? scale.at : 7)]
  }
  await using server = await rawServer(answer)
  const codes = source({ table: 'holding', addr: 100 })
  const scaleFrom = {
    source: codes,
    map: [
      [1, 0.1],
      [2, 10],
    ] as [number, number][],
  }
  const points = [
    point('x.scaled', { addr: 0 }, { scaleFrom }),
    point('x.plain', { addr: 1 }),
    point('x.missing', { addr: 2 }, { scaleFrom, steps: [{ op: 'missing', values: [7] }] }),
  ]
  await using run = runModbus(plant(server.port), [device('meter', 1, { points })])
  const last = (id: string) => run.readings.filter((one) => one.point === id).at(-1)
  await waitFor(() => expect(last('x.scaled')?.value).toBeCloseTo(0.7), soon)
  expect(last('x.plain')?.value).toBe(7)
  // What says "no value" is what stands in the register.
  expect(last('x.missing')).toMatchObject({ value: null, quality: qualityCodes['bad:missing'] })

  silent = true
  await waitFor(() => expect(last('x.scaled')?.value).toBe(null), soon)
  Object.assign(scale, { at: 2 })
  silent = false
  await waitFor(() => expect(last('x.scaled')?.value).toBe(70), soon)

  silent = true
  await waitFor(() => expect(last('x.scaled')?.value).toBe(null), soon)
  Object.assign(scale, { at: 3 })
  silent = false
  await waitFor(() => expect(last('x.plain')?.value).toBe(7), soon)
  await waitFor(
    () => expect(last('x.scaled')).toMatchObject({ value: null, quality: qualityCodes['bad:decode'] }),
    soon,
  )
  expect(run.troubles).toContain(
    'meter: wrong_device plant · 1: the scale of these points is not known: x.scaled, x.missing',
  )
})

test('two values share a register, a byte each', async () => {
  await using server = await rawServer((request) => [frame(request, [4, 2, 0x12, 0xf6])])
  const points = [
    point('x.high', { addr: 0, byte: 'hi' }),
    point('x.low', { addr: 0, byte: 'lo' }),
    point('x.signed', { addr: 0, byte: 'lo', type: 'i16' }),
  ]
  await using run = runModbus(plant(server.port), [device('sensor', 1, { points })])
  await waitFor(() => expect(run.readings.length).toBeGreaterThanOrEqual(3), soon)
  expect(run.readings.slice(0, 3).map(({ value }) => value)).toEqual([0x12, 0xf6, -10])
})

function withSetup(consented: boolean) {
  const setting: ModbusSetup = {
    ...{ ...source({ table: 'holding', addr: 50 }), fc: 6, expect: 3, write: 3, consented },
    why: 'values are otherwise in Fahrenheit',
  }
  return device('sensor', 1, { address: address(1, { setup: [setting] }) })
}

test('a one-time setting is told and left alone, and written once somebody has consented', async () => {
  const image: Image = { input: { 0: 7, 1: 7 }, holding: { 50: 1 } }
  await using server = await libraryServer(() => image)
  {
    await using run = runModbus(plant(server.port), [withSetup(false)])
    await waitFor(() => expect(run.readings.length).toBeGreaterThan(4), soon)
    expect(server.written).toEqual([])
    expect(run.driver.report().advice).toMatchObject([
      {
        code: 'setup_missing',
        unit: 1,
        text: {
          en: expect.stringContaining('holding 50: expected 3, found 1 (values are otherwise in Fahrenheit)'),
        },
      },
    ])
    expect(run.troubles).toEqual([
      expect.stringMatching(
        /^sensor: setup_missing plant · 1: holding 50: expected 3, found 1 .*`setup: consented`/,
      ),
    ])
  }
  await using run = runModbus(plant(server.port), [withSetup(true)])
  await waitFor(() => expect(run.readings.length).toBeGreaterThan(4), soon)
  expect(server.written).toEqual([{ unit: 1, addr: 50, value: 3 }])
  expect(run.driver.report().advice).toEqual([])
})

test('a device that is another variant of its profile is told by name, and its neighbours on the unit go on', async () => {
  await using server = await rawServer(sevens)
  const known = (accepts: number) => ({
    ...source({ table: 'holding', addr: 9 }),
    accepts: [accepts],
    why: 'its version',
  })
  const otherVariants = [
    { name: 'v1', identify: [known(5)] },
    { name: 'v2', identify: [known(7)] },
  ]
  const wrong = device('wrong', 1, { address: address(1, { identify: [known(6)], otherVariants }) })
  await using run = runModbus(plant(server.port), [wrong, device('right', 1)])
  await waitFor(
    () => expect(run.readings.filter((one) => one.device === 'right').length).toBeGreaterThan(4),
    soon,
  )
  expect(run.links.find((one) => one.device === 'wrong')).toMatchObject({
    state: 'down',
    reason: 'holding 9: expected 6, found 7 (its version); it looks like variant v2 of the profile',
  })
  const ofWrong = run.readings.filter((one) => one.device === 'wrong')
  expect(ofWrong.map(({ quality }) => quality)).toEqual([
    qualityCodes['bad:refused'],
    qualityCodes['bad:refused'],
  ])
  expect(run.driver.report().advice).toContainEqual(expect.objectContaining({ code: 'unit_misfit', unit: 1 }))
  expect(new Set(run.troubles)).toEqual(
    new Set([
      'wrong: wrong_device plant · 1: holding 9: expected 6, found 7 (its version); it looks like variant v2 of the profile',
    ]),
  )
})

test('a unit is left alone while it warms up, and the line is silent after its answers for as long as it wants', async () => {
  await using server = await rawServer(sevens)
  const timing = { timeoutMs: 500, retries: 0, gapMs: 0, turnaroundMs: 60, warmupMs: 400 }
  const points = [point('x.a', { addr: 0 }), point('x.b', { addr: 10 })]
  const startedAt = performance.now()
  await using run = runModbus(plant(server.port), [
    device('meter', 1, { points, address: address(1, { timing }) }),
  ])
  await waitFor(() => expect(run.readings.length).toBeGreaterThanOrEqual(4), soon)
  const [first = 0, second = 0] = server.requests.map(({ at }) => at)
  expect(first - startedAt).toBeGreaterThan(380)
  expect(second - first).toBeGreaterThan(55)
})

test('a point of low confidence is not read; a probe shows it, raw beside decoded', async () => {
  const answer: Answer = (request) => {
    if (request.addr <= 20 && request.addr + request.word > 20) return [exception(request, 2)]
    return [filled(request, 7)]
  }
  await using server = await rawServer(answer)
  const points = [
    point('x.a', { addr: 0, count: 2, type: 'u32' }),
    point('x.guess', { addr: 2 }, { hidden: true, confidence: 'low' }),
    point('x.none', { addr: 20 }),
    point('x.on', { table: 'coil', type: 'bool', addr: 3 }, { kind: 'bool' }),
  ]
  await using run = runModbus(plant(server.port), [device('meter', 1, { points })])
  await waitFor(() => expect(run.links).toHaveLength(1), soon)
  const polled = server.requests.filter(({ addr, word }) => addr <= 2 && addr + word > 2)
  expect(polled).toEqual([])

  const stranger = device('stranger', 5, { points })
  const before = run.readings.length
  const probed = await run.driver.probe(stranger, AbortSignal.timeout(5000))
  expect(probed.points).toMatchObject([
    { point: 'x.a', raw: '0x0007 0x0007', value: 0x70007, quality: qualityCodes.good },
    { point: 'x.guess', raw: '0x0007', value: 7, quality: qualityCodes.good },
    {
      point: 'x.none',
      value: null,
      quality: qualityCodes['bad:refused'],
      reason: expect.stringContaining('exception 2'),
    },
    { point: 'x.on', raw: '1', value: true, quality: qualityCodes.good },
  ])
  expect(probed.identity).toMatchObject({ fits: true })
  expect(run.readings.slice(before).some((one) => one.device === 'stranger')).toBe(false)
})

test('a probe of nobody rejects, and the polls of the others go on', async () => {
  await using server = await rawServer((request) => (request.unit === 5 ? [] : [filled(request, 7)]))
  await using run = runModbus(plant(server.port), [device('meter', 1)])
  await waitFor(() => expect(run.links).toHaveLength(1), soon)
  await expect(run.driver.probe(device('nobody', 5), AbortSignal.timeout(5000))).rejects.toMatchObject({
    code: 'DEVICE_TIMEOUT',
  })
  const before = run.readings.length
  await waitFor(() => expect(run.readings.length).toBeGreaterThan(before + 4), soon)
})

test('a scan finds who answers, also with a refusal, tells as it goes, and the connection and the polls outlive it', async () => {
  const there = new Map<number, Answer>([
    [1, sevens],
    [4, (request) => [exception(request, 2)]],
  ])
  await using server = await rawServer((request) => there.get(request.unit)?.(request) ?? [])
  await using run = runModbus(plant(server.port), [device('meter', 1)])
  await waitFor(() => expect(run.links).toHaveLength(1), soon)
  const told: number[] = []
  const range = { first: 1, last: 20, timeoutMs: 40 }
  const found = await run.driver.scan(range, new AbortController().signal, ({ unit }) => told.push(unit))
  expect(found.filter(({ answered }) => answered)).toEqual([
    { unit: 1, answered: true, text: 'holding 0 = 7' },
    { unit: 4, answered: true, text: 'exception 2' },
  ])
  expect(told).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
  const before = run.readings.length
  await sleep(300)
  expect(run.readings.length).toBeGreaterThan(before)
  expect(run.driver.report()).toMatchObject({ connects: 1 })
})

test('the report has round trips, errors and advice of every unit', async () => {
  await using server = await rawServer((request) => {
    if (request.unit === 2) return []
    return request.unit === 3 && request.addr === 1 ? [exception(request, 2)] : [filled(request, 7)]
  })
  const gap = { addr: 1, table: 'holding' } as const
  const devices = [
    device('good', 1),
    device('dead', 2),
    device('partly', 3, { points: [point('x.a', { addr: 0 }), point('x.gone', gap)] }),
  ]
  await using run = runModbus(plant(server.port), devices)
  await waitFor(() => expect(run.driver.report().units[0]?.answers).toBeGreaterThan(10), soon)
  const report = run.driver.report()
  expect(report).toMatchObject({ bus: 'plant', protocol: 'modbus-tcp', connected: true, connects: 1 })
  expect(report.units).toMatchObject([
    { unit: 1, devices: ['good'], state: 'answers', timeouts: 0, roundTripMs: { p50: expect.any(Number) } },
    { unit: 2, devices: ['dead'], state: 'silent', answers: 0, nextProbeMs: expect.any(Number) },
    { unit: 3, devices: ['partly'], state: 'answers', parked: ['partly/x.gone'], exceptions: 1 },
  ])
  expect(report.advice.map(({ code, unit }) => [code, unit])).toEqual([
    ['unit_never_answered', 2],
    ['unit_refuses', 3],
  ])
  expect(report.units[0]?.share.planned).toBeGreaterThan(0)
})
