import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseProfile } from './load-profiles.ts'
import type { Profile } from './profile.ts'
import { resolveDevice } from './resolve.ts'

function shipped(file: string, change: (text: string) => string = (text) => text): Profile {
  const text = readFileSync(new URL(`../../device-profiles/${file}`, import.meta.url), 'utf8')
  const { profile, problems } = parseProfile(change(text), file)
  if (profile === undefined) throw new Error(JSON.stringify(problems))
  return profile
}
const meter = shipped('modbus/eastron.sdm630.yaml')
const lux = shipped('mqtt/zigbee2mqtt.illuminance.yaml')

function device(...parameters: Parameters<typeof resolveDevice>) {
  const resolved = resolveDevice(...parameters)
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.problems))
  return resolved.device
}

test('templates become points with addresses, periods, titles and hints of their own', () => {
  const { points } = device(meter, { id: 'meter-1', profile: meter.id, bus: 'plant' })
  expect(points).toHaveLength(36)
  expect(points.find(({ id }) => id === 'current.l3')).toMatchObject({
    kind: 'num',
    unit: 'A',
    title: { zh: '电流 L3', en: 'Current L3' },
    from: { table: 'input', addr: 10, type: 'f32', order: 'ABCD', count: 2 },
    pollMs: 2000,
    staleAfterMs: 10_000,
    report: { deadband: 0.05, minIntervalMs: 0, maxIntervalMs: 300_000, onChange: true },
    sim: { gen: 'ratio', of: 'power.active.l3', by: 'voltage.l3' },
  })
  expect(points.find(({ id }) => id === 'energy.active.import')).toMatchObject({
    kind: 'counter',
    unit: 'kW.h',
  })
})

/** A table of the meter in two dimensions: twenty harmonics of each phase, the phases one after the other. */
const harmonics = (each: string, step: string) => (text: string) =>
  text.replace(
    /^points:\n/m,
    `points:
  x.harmonic.l<n>.h<m>:
    each: ${each}
    kind: num
    title: { zh: 谐波 L<n> 第 <m> 次, en: Harmonic <m> of L<n> }
    from: { table: input, addr: { base: 0x1000, step: ${step} }, type: f32 }
`,
  )
const square = '{ n: { first: 1, last: 3 }, m: { first: 2, last: 21 } }'

test('a template of two variables is a point for each pair, at the step of each', () => {
  const profile = shipped('modbus/eastron.sdm630.yaml', harmonics(square, '{ n: 64, m: 2 }'))
  const { points } = device(profile, { id: 'meter-1', profile: profile.id, bus: 'plant' })
  const own = points.filter(({ id }) => id.startsWith('x.harmonic'))
  expect(own).toHaveLength(60)
  const addrOf = (id: string) => own.find((one) => one.id === id)?.from
  expect(addrOf('x.harmonic.l1.h2')).toMatchObject({ addr: 0x1000 })
  expect(addrOf('x.harmonic.l1.h21')).toMatchObject({ addr: 0x1000 + 38 })
  expect(addrOf('x.harmonic.l3.h5')).toMatchObject({ addr: 0x1000 + 2 * 64 + 6 })
  expect(own.find(({ id }) => id === 'x.harmonic.l3.h5')?.title).toEqual({
    ...{ zh: '谐波 L3 第 5 次', en: 'Harmonic 5 of L3' },
  })
})

test.each([
  [square, '2', 'a step of each variable belongs to each: {n, m}'],
  ['{ n: { first: 1, last: 3 } }', '{ n: 64, m: 2 }', 'a name with <m> and a second variable in each'],
  ['{ n: { first: 1, last: 3 }, m: { first: 9, last: 2 } }', '{ n: 64, m: 2 }', 'first is above last'],
])('each %s with step %s is refused: %s', (each, step, reason) => {
  expect(() => shipped('modbus/eastron.sdm630.yaml', harmonics(each, step))).toThrow(reason)
})

test('the instance says where the device is and what it is called', () => {
  const title = { zh: '一号楼电表' }
  const {
    title: shown,
    model,
    ...rest
  } = device(meter, { id: 'm1', profile: meter.id, bus: 'plant', unit: 7, title })
  expect(shown).toEqual(title)
  expect(model).toBe('SDM630-Modbus V2')
  expect(rest).toMatchObject({
    vendor: 'Eastron',
    category: 'meter.electric',
    failAfter: 3,
    address: {
      bus: 'plant',
      unit: 7,
      timing: { timeoutMs: 1000, retries: 2, gapMs: 5 },
      probe: 'voltage.l1',
    },
  })
})

test('parameters go into the topics', () => {
  const one = device(lux, { id: 'lux-1', profile: lux.id, params: { name: '教学楼/301 lux' } })
  if (one.protocol !== 'mqtt') throw new Error('not mqtt')
  expect(one.address.topics).toMatchObject([{ id: 'state', filter: 'zigbee2mqtt/教学楼/301 lux' }])
  expect(one.address.availability).toMatchObject([{ topic: 'zigbee2mqtt/教学楼/301 lux/availability' }])
  expect(one.silenceMs).toBe(3 * 3_600_000)
})

describe('refused with the place in the instance', () => {
  test.each<[string, Profile, Omit<Parameters<typeof resolveDevice>[1], 'id' | 'profile'>, string]>([
    ['no bus', meter, {}, 'bus: missing'],
    [
      'a unit that the device cannot have',
      meter,
      { bus: 'b', unit: 248 },
      'unit: expected an integer from 1 to 247',
    ],
    ['a bus for MQTT', lux, { bus: 'b', params: { name: 'a' } }, 'bus: only for Modbus'],
    ['a missing parameter', lux, {}, 'params.name: missing'],
    ['an unknown parameter', lux, { params: { name: 'a', nam: 'b' } }, 'params.nam: unknown parameter'],
    ['a wildcard', lux, { params: { name: '#' } }, 'params.name: expected'],
    ['a wildcard in the middle', lux, { params: { name: 'a/+/b' } }, 'params.name: expected'],
    ['an empty level', lux, { params: { name: 'a//b' } }, 'params.name: expected'],
    ['a system topic', lux, { params: { base: '$SYS', name: 'a' } }, 'params.base: expected'],
    ['a control character', lux, { params: { name: 'a\u0000' } }, 'params.name: expected'],
    ['a number for a text', lux, { params: { name: 5 } }, 'params.name: expected'],
    ['more than fits', lux, { params: { name: 'x'.repeat(65) } }, 'params.name: expected'],
  ])('%s', (_name, profile, instance, expected) => {
    const resolved = resolveDevice(profile, { id: 'device-1', profile: profile.id, ...instance })
    const said = resolved.ok
      ? []
      : resolved.problems.map(({ path, message }) => `${path.join('.')}: ${message}`)
    expect(said.join('\n')).toContain(expected)
  })
})

test('repetition over a parameter counts addresses from 0 and checks where it leads', () => {
  const gears = shipped('modbus/waveshare.relay8.yaml', (text) =>
    text
      .replace(
        'category: relay',
        'category: relay\nparams: {used: {type: int_set, min: 0, max: 7, default: [1, 2, 3, 4]}}',
      )
      .replace('n: { first: 1, last: 8 }', 'n: { param: used }'),
  )
  const { points } = device(gears, {
    id: 'relay-1',
    profile: gears.id,
    bus: 'plant',
    params: { used: [0, 5, 1] },
  })
  const relays = points.filter(({ id }) => id.startsWith('relay.'))
  expect(relays.map(({ id, from }) => [id, (from as { addr: number }).addr])).toEqual([
    ['relay.0', 0],
    ['relay.5', 5],
    ['relay.1', 1],
  ])
  const wrong = resolveDevice(gears, {
    id: 'relay-1',
    profile: gears.id,
    bus: 'plant',
    params: { used: [8] },
  })
  expect(wrong).toMatchObject({ ok: false, problems: [{ path: ['params', 'used'] }] })
})
