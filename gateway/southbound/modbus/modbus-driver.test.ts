import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { qualityCodes } from '#contract/quality.ts'
import type { ModbusDevice } from '#gateway/profiles/device.ts'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { waitFor } from '../../../tests/support/wait-for.ts'
import type { Reading } from '../driver.ts'
import { keepRunning } from '../keep-running.ts'
import { address, device, point, shipped } from './fixtures/devices.ts'
import { type Answer, exception, filled, frame, libraryServer, rawServer } from './fixtures/servers.ts'
import { ModbusDriver } from './modbus-driver.ts'

const log = createLogger({ level: 'silent' })
const soon = { timeoutMs: 5000, everyMs: 10 }

/** The driver as the gateway runs it: connecting again is `keepRunning`. */
function start(port: number, devices: readonly ModbusDevice[], host = '127.0.0.1') {
  const readings: Reading[] = []
  const links: { device: string; state: string; reason?: string | undefined }[] = []
  const troubles: string[] = []
  const driver = new ModbusDriver(
    { id: 'plant', host, port },
    {
      devices,
      clock: systemClock,
      log,
      report: (more) => readings.push(...more),
      link: (id, state, reason) => links.push({ device: id, state, reason }),
      trouble: (id, { kind, place, text }) => troubles.push(`${id}: ${kind} ${place}: ${text}`),
    },
  )
  const stop = new AbortController()
  const done = keepRunning(driver, { clock: systemClock, log }, stop.signal, { firstMs: 20, maxMs: 100 })
  return {
    driver,
    readings,
    links,
    troubles,
    of: (id: string, pointId?: string) =>
      readings.filter((one) => one.device === id && (pointId === undefined || one.point === pointId)),
    stop: () => stop.abort(),
    done,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await done
    },
  }
}

/** Units in `silent` say nothing; everything else reads as 7. */
function answering(silent: ReadonlySet<number> = new Set()): Answer {
  return (request) => (silent.has(request.unit) ? [] : [filled(request, 7)])
}

test('a meter on a server that somebody else wrote is read with every point, in as few requests as it allows', async () => {
  const input: Record<number, number> = {}
  for (let addr = 0; addr < 400; addr++) input[addr] = 0
  Object.assign(input, { 0: 0x4366, 1: 0x3334, 52: 0x449a, 53: 0x5000, 70: 0x4248, 71: 0x147b })
  await using server = await libraryServer(() => ({ input, holding: { 30: 0, 31: 0 } }))
  await using run = start(server.port, [shipped('eastron.sdm630', 'meter-1')])
  await waitFor(() => expect(new Set(run.readings.map((one) => one.point)).size).toBe(36), soon)
  const value = (id: string) => run.of('meter-1', id)[0]
  expect(value('voltage.l1')).toMatchObject({ value: 230.2, quality: qualityCodes.good })
  expect(value('power.active')).toMatchObject({ value: 1234.5 })
  expect(value('frequency')).toMatchObject({ value: 50.02 })
  expect(Math.abs(Date.now() - (value('frequency')?.t ?? 0))).toBeLessThan(5000)
  expect(run.links).toEqual([{ device: 'meter-1', state: 'up' }])
})

test('a meter set to count in M-units is not read as if it counted in k-units', async () => {
  const input = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [i, 0]))
  await using server = await libraryServer(() => ({ input, holding: { 30: 0x3f80, 31: 0 } }))
  await using run = start(server.port, [shipped('eastron.sdm630', 'meter-1')])
  await waitFor(() => expect(run.links).toHaveLength(1), soon)
  expect(run.links[0]).toMatchObject({ state: 'down', reason: expect.stringContaining('k-units') })
  expect(run.readings).toHaveLength(36)
  expect(run.readings.every(({ quality }) => quality === qualityCodes['bad:refused'])).toBe(true)
})

test('a relay is switched, read back and reported', async () => {
  const coil = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [i, 0]))
  await using server = await libraryServer(() => ({ coil, discrete: coil }))
  await using run = start(server.port, [shipped('waveshare.relay8', 'relay-1')])
  await waitFor(() => expect(run.of('relay-1', 'relay.4')).toHaveLength(1), soon)
  const target = { device: 'relay-1', point: 'relay.4' }
  const written = await run.driver.write(target, true, new AbortController().signal)
  expect(written).toEqual({ readBack: true, verified: true })
  expect(server.written).toEqual([{ unit: 1, addr: 3, value: true }])
  expect(run.of('relay-1', 'relay.4').at(-1)).toMatchObject({ value: true, quality: qualityCodes.good })

  // The profile asks for 300 ms between two writes of one relay.
  const before = performance.now()
  await run.driver.write(target, false, new AbortController().signal)
  expect(performance.now() - before).toBeGreaterThan(200)
})

test('a write that does not stick is told as not verified', async () => {
  const zeros: Answer = (request) =>
    request.fc === 5 ? [frame(request, [5, 0, 3, 0xff, 0])] : [filled(request, 0)]
  await using server = await rawServer(zeros)
  const relay = shipped('waveshare.relay8', 'relay-1')
  const points = relay.points.map((one) =>
    one.write?.readback === undefined
      ? one
      : { ...one, write: { ...one.write, readback: { ...one.write.readback, withinMs: 200 } } },
  )
  await using run = start(server.port, [{ ...relay, points }])
  await waitFor(() => expect(run.links).toHaveLength(1), soon)
  const written = await run.driver.write(
    { device: 'relay-1', point: 'relay.4' },
    true,
    AbortSignal.timeout(5000),
  )
  expect(written).toEqual({ readBack: false, verified: false })
})

test('writes are refused with a reason: unknown, read only, not connected, refused by the device', async () => {
  await using server = await rawServer((request) => [
    request.fc === 5 ? exception(request, 4) : filled(request, 0),
  ])
  await using run = start(server.port, [shipped('waveshare.relay8', 'relay-1')])
  const write = (pointId: string, value: boolean | number = true) =>
    run.driver.write({ device: 'relay-1', point: pointId }, value, AbortSignal.timeout(5000))
  await expect(write('relay.1')).rejects.toMatchObject({ code: 'LINK_DOWN' })
  await waitFor(() => expect(run.links).toHaveLength(1), soon)
  await expect(write('relay.9')).rejects.toMatchObject({ code: 'POINT_UNKNOWN' })
  await expect(write('input.1')).rejects.toMatchObject({ code: 'POINT_NOT_WRITABLE' })
  await expect(write('relay.2', 1)).rejects.toMatchObject({ code: 'VALUE_OUT_OF_RANGE' })
  await expect(write('relay.2')).rejects.toMatchObject({
    code: 'DEVICE_REFUSED',
    message: expect.stringContaining('bus plant unit 1 coil 1: exception 4 (device failure)'),
  })
})

test('a dead unit fails once and costs its neighbours one timeout per wait', async () => {
  await using server = await rawServer(answering(new Set([2])))
  await using run = start(server.port, [device('dead', 2), device('alive', 3)])
  await waitFor(() => expect(run.links).toContainEqual(expect.objectContaining({ device: 'dead' })), {
    ...soon,
    timeoutMs: 10_000,
  })
  await sleep(1500)
  const bad = run.of('dead')
  expect(bad.map(({ point: id, value, quality }) => ({ id, value, quality }))).toEqual([
    { id: 'x.a', value: null, quality: qualityCodes['bad:timeout'] },
    { id: 'x.b', value: null, quality: qualityCodes['bad:timeout'] },
  ])
  const toDead = server.requests.filter(({ unit }) => unit === 2).map(({ at }) => at)
  const silence = run.troubles.filter((one) => one.startsWith('dead: no_answer plant · 2: FC4 input 0: '))
  expect(silence.length).toBeGreaterThanOrEqual(2)
  expect(run.troubles.filter((one) => one.startsWith('alive'))).toEqual([])
  // One try, one retry; then waits of about 1, 2, 4 s.
  for (const [i, at] of toDead.slice(2).entries()) expect(at - (toDead[i + 1] ?? 0)).toBeGreaterThan(600)
  const gaps = run.of('alive', 'x.a').map(({ t }, i, all) => t - (all[i - 1]?.t ?? t))
  expect(Math.max(...gaps)).toBeLessThan(700)
})

test('a unit that comes back is read again at once, and its link is up', async () => {
  const silent = new Set([2])
  await using server = await rawServer(answering(silent))
  await using run = start(server.port, [device('meter', 2, { failAfter: 1 })])
  await waitFor(() => expect(run.links).toMatchObject([{ device: 'meter', state: 'down' }]), soon)
  silent.clear()
  await waitFor(() => expect(run.links.at(-1)).toMatchObject({ device: 'meter', state: 'up' }), soon)
  await waitFor(
    () => expect(run.of('meter').at(-1)).toMatchObject({ value: 7, quality: qualityCodes.good }),
    soon,
  )
})

test('a lost connection makes every point bad once; the next one makes it good again', async () => {
  await using server = await rawServer(answering())
  await using run = start(server.port, [device('meter-1', 1), device('meter-2', 2)])
  await waitFor(() => expect(run.links).toHaveLength(2), soon)
  server.cut()
  await waitFor(() => expect(run.links).toHaveLength(6), soon)
  const bad = run.readings.filter(({ quality }) => quality !== qualityCodes.good)
  expect(bad).toHaveLength(4)
  expect(bad.every(({ quality, value }) => quality === qualityCodes['bad:link'] && value === null)).toBe(true)
  expect(run.links.map(({ state }) => state)).toEqual(['up', 'up', 'down', 'down', 'up', 'up'])
})

test('a server that is not there is told once, however often it is tried', async () => {
  const { port } = await rawServer(answering()).then(async (server) => {
    await server[Symbol.asyncDispose]()
    return server
  })
  await using run = start(port, [device('meter-1', 1)])
  await sleep(400)
  expect(run.readings.map(({ quality }) => quality)).toEqual([
    qualityCodes['bad:link'],
    qualityCodes['bad:link'],
  ])
  expect(run.links).toMatchObject([{ state: 'down', reason: expect.stringContaining('ECONNREFUSED') }])
  expect(run.troubles.length).toBeGreaterThan(1)
  expect(run.troubles[0]).toMatch(/^meter-1: bus_lost plant: .*ECONNREFUSED/)
})

test('a refused block is cut until only the refused point is left out', async () => {
  // Register 2 does not exist: any read over it is exception 2.
  const hole: Answer = (request) => {
    const { addr, word: count } = request
    return [addr <= 2 && addr + count > 2 ? exception(request, 2) : filled(request, 7)]
  }
  await using server = await rawServer(hole)
  const points = [0, 1, 2, 3, 4].map((addr) => point(`x.r${addr}`, { addr }))
  await using run = start(server.port, [device('meter', 1, { points })])
  await waitFor(() => expect(new Set(run.readings.map(({ point: id }) => id)).size).toBe(5), soon)
  await sleep(300)
  expect(run.of('meter', 'x.r2').map(({ quality }) => quality)).toEqual([qualityCodes['bad:refused']])
  for (const addr of [0, 1, 3, 4]) {
    expect(run.of('meter', `x.r${addr}`).every(({ quality }) => quality === qualityCodes.good)).toBe(true)
  }
  // The parked point is left alone for an hour.
  const asked = server.requests.filter(({ addr, word }) => addr === 2 && word === 1)
  expect(asked).toHaveLength(1)
  expect(run.links).toMatchObject([{ state: 'up' }])
  // Cutting is no error; what is left out in the end is.
  expect(run.troubles).toEqual([
    'meter: points_parked plant · 1 · FC4 input 2: x.r2: exception 2 (illegal data address)',
  ])
})

test('a block that may not be cut is left out as a whole', async () => {
  await using server = await rawServer((request) => [exception(request, 2)])
  const drop = device('meter', 1, { address: address(1, { onIllegal: 'drop' }) })
  await using run = start(server.port, [drop])
  await waitFor(() => expect(run.readings).toHaveLength(2), soon)
  await sleep(300)
  expect(server.requests).toHaveLength(1)
})

test('a device that must answer everything is bad as a whole when it does not', async () => {
  await using server = await rawServer((request) => [
    request.addr === 9 ? exception(request, 2) : filled(request, 7),
  ])
  const points = [point('x.a', { addr: 0 }), point('x.b', { addr: 9 }, { pollMs: 50 })]
  await using run = start(server.port, [
    device('meter', 1, { points, address: address(1, { onIllegal: 'fail' }) }),
  ])
  await waitFor(() => expect(run.of('meter', 'x.a').some(({ value }) => value === null)).toBe(true), soon)
  expect(run.of('meter', 'x.b')).toHaveLength(1)
})

test('what is read once is read once for each connection', async () => {
  await using server = await rawServer(answering())
  const { pollMs: _, ...once } = point('x.serial', { addr: 40 })
  await using run = start(server.port, [device('meter', 1, { points: [point('x.a', { addr: 0 }), once] })])
  await waitFor(() => expect(run.of('meter', 'x.a').length).toBeGreaterThan(3), soon)
  expect(run.of('meter', 'x.serial')).toHaveLength(1)
  server.cut()
  await waitFor(
    () => expect(run.of('meter', 'x.serial').map(({ value }) => value)).toEqual([7, null, 7]),
    soon,
  )
})

test('a busy device is asked again at its next turn', async () => {
  let busy = 3
  await using server = await rawServer((request) => [busy-- > 0 ? exception(request, 6) : filled(request, 7)])
  await using run = start(server.port, [device('meter', 1)])
  await waitFor(() => expect(run.of('meter', 'x.a').at(-1)?.value).toBe(7), soon)
  expect(run.of('meter', 'x.a')[0]).toMatchObject({ quality: qualityCodes['bad:refused'] })
  expect(run.of('meter', 'x.a').filter(({ value }) => value === null)).toHaveLength(1)
  expect(new Set(run.troubles)).toEqual(
    new Set(['meter: refused plant · 1 · FC4 input 0: exception 6 (device busy)']),
  )
})

test('a gateway that answers for a silent unit is believed: the connection stays', async () => {
  await using server = await rawServer((request) => [
    request.unit === 2 ? exception(request, 11) : filled(request, 7),
  ])
  await using run = start(server.port, [device('dead', 2), device('alive', 3)])
  await waitFor(() => expect(run.of('dead')).toHaveLength(2), soon)
  await sleep(300)
  expect(run.of('dead')[0]).toMatchObject({ quality: qualityCodes['bad:timeout'] })
  expect(run.links.filter(({ device: id }) => id === 'alive')).toHaveLength(1)
})

test('half a frame and answers to nobody lose the connection, not the driver', async () => {
  let broken = 0
  const answer: Answer = (request) => {
    const whole = filled(request, 7)
    if (broken === 1) return [whole.subarray(0, 5)]
    if (broken === 2) return [filled({ ...request, transaction: request.transaction ^ 0xff00 }, 9)]
    return [whole]
  }
  await using server = await rawServer(answer)
  await using run = start(server.port, [device('meter', 1)])
  for (const kind of [1, 2]) {
    broken = 0
    await waitFor(() => expect(run.of('meter').at(-1)?.value).toBe(7), soon)
    broken = kind
    await waitFor(() => expect(run.of('meter').at(-1)?.value).toBe(null), soon)
  }
  broken = 0
  await waitFor(() => expect(run.of('meter').at(-1)?.value).toBe(7), { ...soon, timeoutMs: 10_000 })
  expect(run.readings.some(({ value }) => value === 9)).toBe(false)
})

test('an answer that is too short, or of another unit, is bad and does no harm', async () => {
  let kind = 0
  const answer: Answer = (request) => {
    if (kind === 1) return [frame(request, [request.fc, 2, 0, 1])]
    if (kind === 2) return [filled({ ...request, unit: 99 }, 9)]
    if (kind === 3) return [frame(request, [request.fc, 0, 0, 1, 0, 1])]
    return [filled(request, 7)]
  }
  await using server = await rawServer(answer)
  await using run = start(server.port, [device('meter', 1)])
  for (const wrong of [1, 2, 3]) {
    kind = 0
    await waitFor(() => expect(run.of('meter').at(-1)?.value).toBe(7), soon)
    kind = wrong
    await waitFor(() => expect(run.of('meter').at(-1)?.quality).toBe(qualityCodes['bad:decode']), soon)
  }
  expect(run.links).toHaveLength(1)
  expect(run.troubles[0]).toMatch(/^meter: damaged_answer plant · 1: FC4 input 0: malformed answer: /)
})

test('it stops within a second, also while a unit keeps it waiting, and leaves nothing open', async () => {
  await using server = await rawServer(() => [])
  const slow = device('slow', 1, {
    address: address(1, {
      timing: { timeoutMs: 60_000, retries: 0, gapMs: 0, turnaroundMs: 0, warmupMs: 0 },
    }),
  })
  const run = start(server.port, [slow])
  await waitFor(() => expect(server.requests).toHaveLength(1), soon)
  const before = performance.now()
  run.stop()
  await run.done
  expect(performance.now() - before).toBeLessThan(1000)
  expect(run.readings).toEqual([]) // being stopped is no failure of the device
})

test('the value path works over IPv6 too', async () => {
  await using server = await rawServer(answering(), '::1')
  await using run = start(server.port, [device('meter', 1)], '::1')
  await waitFor(() => expect(run.of('meter').at(-1)?.value).toBe(7), soon)
})
