import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import type { Value } from '#contract/sample.ts'
import type { ModbusDevice, ModbusPoint, ModbusSource, ModbusTarget } from '#gateway/profiles/device.ts'
import { loadProfiles } from '#gateway/profiles/load-profiles.ts'
import { resolveDevice } from '#gateway/profiles/resolve.ts'
import { systemClock } from '#lib/clock.ts'
import { Faults } from './faults.ts'
import { SimulatedModbusUnit } from './modbus-device.ts'
import type { UnitPart } from './modbus-image.ts'
import { SimulatedPoints } from './simulated-points.ts'

const profile = loadProfiles(resolve('device-profiles')).profiles.get('eastron.sdm630')

/** A meter's device with other registers in it. */
function deviceWith(
  points: readonly ModbusPoint[],
  address: Partial<ModbusDevice['address']> = {},
): ModbusDevice {
  if (profile === undefined) throw new Error('no such profile')
  const resolved = resolveDevice(
    { ...profile, sim: { seed: 'device', points: {} } },
    { id: 'a', profile: profile.id, bus: 'b' },
  )
  if (!resolved.ok || resolved.device.protocol !== 'modbus') throw new Error('not a Modbus device')
  const limits = { maxRegs: 125, maxBits: 2000, maxGap: 0, maxBitGap: 0, align: 1, evenCount: false }
  const own = { ...resolved.device.address, limits, identify: [], setup: [], groups: [], ...address }
  return { ...resolved.device, points, address: own }
}

function at(addr: number, more: Partial<ModbusSource> = {}): ModbusSource {
  return { table: 'holding', addr, type: 'u16', order: 'ABCD', count: 1, ...more }
}

function point(id: string, from: ModbusSource | undefined, more: Partial<ModbusPoint> = {}): ModbusPoint {
  return {
    ...{ id, kind: 'num', unit: '1', title: { en: id }, confidence: 'high', steps: [] },
    report: { deadband: 0, minIntervalMs: 0, maxIntervalMs: 1000, onChange: true },
    ...(from === undefined ? {} : { from }),
    ...more,
  }
}

function writable(
  to: ModbusSource & { fc: ModbusTarget['fc'] },
  values?: [Value, number][],
): Partial<ModbusPoint> {
  const pairs = values === undefined ? {} : { values: values as [never, never][] }
  return { write: { to, minIntervalMs: 0, risk: 'low', ...pairs } }
}

function partOf(
  device: ModbusDevice,
  values: Record<string, Value> = {},
): UnitPart & { readonly faults: Faults } {
  const points = new SimulatedPoints({
    device: device.id,
    utcOffsetMin: 0,
    points: device.points.map(({ id }) => ({ id, generator: { gen: 'const', value: values[id] ?? 0 } })),
  })
  points.advance(1)
  return { device, points, faults: new Faults(device.id) }
}

function unitOf(...parts: UnitPart[]): SimulatedModbusUnit {
  return new SimulatedModbusUnit({ parts, clock: systemClock })
}

const words = (value: readonly number[]) => ({ ok: true, value })
const refused = (code: number) => ({ ok: false, code })

test('bits, bytes and whole registers lie where the profile says', () => {
  const device = deviceWith([
    point('door', at(0, { bits: { pos: 3, len: 1 } })),
    point('mode', at(0, { bits: { pos: 8, len: 2 } })),
    point('high', at(1, { byte: 'hi', type: 'i16' })),
    point('low', at(1, { byte: 'lo' })),
    point('code', at(2, { type: 'u32', order: 'CDAB', count: 2 })),
    point('text', at(4, { type: 'text', order: 'CDAB', count: 2 }), { kind: 'text' }),
    point('digits', at(6), { steps: [{ op: 'transform', name: 'bcd' }] }),
  ])
  const values = { door: true, mode: 2, high: -3, low: 7, code: 0x12345678, text: 'AB1', digits: 1234 }
  const unit = unitOf(partOf(device, values))
  expect(unit.readWords('holding', 0, 7)).toEqual(
    words([0x0208, 0xfd07, 0x5678, 0x1234, 0x4142, 0x3100, 0x1234]),
  )
})

test('a value is shown with the decimals that another register tells', () => {
  const scaleFrom = {
    source: at(10),
    map: [
      [0, 1],
      [1, 0.1],
      [2, 0.01],
    ] as const,
  }
  const device = deviceWith([point('current', at(0), { scaleFrom })])
  const unit = unitOf(partOf(device, { current: 12.3 }))
  expect(unit.readWords('holding', 10, 1)).toEqual(words([1]))
  expect(unit.readWords('holding', 0, 1)).toEqual(words([123]))
})

test('what was written is read back through the same steps, field by field', () => {
  const level = at(0)
  const fields = at(5, { bits: { pos: 0, len: 1 } })
  const other = at(5, { bits: { pos: 1, len: 1 } })
  const part = partOf(
    deviceWith([
      point('level', level, {
        steps: [{ op: 'transform', name: 'lin254' }],
        ...writable({ ...level, fc: 6 }),
      }),
      point('a', fields, { kind: 'bool', ...writable({ ...fields, fc: 6 }) }),
      point('b', other, { kind: 'bool', ...writable({ ...other, fc: 6 }) }),
      point('scene', undefined, writable({ ...at(9), fc: 6 }, [['evening', 7]])),
    ]),
  )
  const unit = unitOf(part)
  expect(unit.writeWords(0, [127], 6)).toMatchObject({ ok: true })
  expect(part.points.value('level')).toBeCloseTo(50, 9)
  expect(unit.writeWords(5, [2], 6)).toMatchObject({ ok: true })
  expect([part.points.value('a'), part.points.value('b')]).toEqual([false, true])
  expect(unit.writeWords(9, [7], 6)).toMatchObject({ ok: true })
  expect(part.points.value('scene')).toBe('evening')
  // No such scene.
  expect(unit.writeWords(9, [8], 6)).toEqual(refused(3))
  // Nothing can be written there.
  expect(unit.writeWords(1, [1], 6)).toEqual(refused(2))
})

test('tables and functions that the device does not have are refused as such', () => {
  const unit = unitOf(partOf(deviceWith([point('a', at(0))])))
  expect(unit.readWords('input', 0, 1)).toEqual(refused(1))
  expect(unit.readBits('coil', 0, 1)).toEqual(refused(1))
  expect(unit.writeBits(0, [true])).toEqual(refused(1))
  expect(unit.readWords('holding', 0, 2)).toEqual(refused(2))
})

test('hand-made blocks and what alignment adds can be read', () => {
  const groups = [{ table: 'holding', start: 20, count: 4, atomic: true }] as const
  const limits = { maxRegs: 80, maxBits: 8, maxGap: 2, maxBitGap: 0, align: 2, evenCount: true }
  const device = deviceWith([point('a', at(1)), point('b', at(4)), point('c', at(22))], { groups, limits })
  const unit = unitOf(partOf(device, { a: 1, b: 2, c: 3 }))
  expect(unit.readWords('holding', 0, 6)).toEqual(words([0, 1, 0, 0, 2, 0]))
  expect(unit.readWords('holding', 20, 4)).toEqual(words([0, 0, 3, 0]))
})

test('several devices on one unit share its registers', () => {
  const first = partOf(deviceWith([point('a', at(0))]), { a: 1 })
  const second = partOf(deviceWith([point('a', at(1), writable({ ...at(1), fc: 6 }))]), { a: 2 })
  const unit = unitOf(first, second)
  expect(unit.readWords('holding', 0, 2)).toEqual(words([1, 2]))
  unit.writeWords(1, [5], 6)
  expect(unit.readWords('holding', 0, 2)).toEqual(words([1, 5]))
})

test('tells its model, keeps its settings, and can be made to be another', () => {
  const identify = [{ ...at(0), accepts: [0x1234], why: 'the model' }]
  const setup = [{ ...at(3), fc: 6, expect: 5, write: 5, consented: true, why: 'the mode' }] as const
  const part = partOf(deviceWith([point('x.model', at(0))], { identify, setup }))
  const unit = new SimulatedModbusUnit({ parts: [part], clock: systemClock, settingsArePending: true })
  expect(unit.readWords('holding', 0, 1)).toEqual(words([0x1234]))
  expect(unit.readWords('holding', 3, 1)).toEqual(words([0]))
  unit.writeWords(3, [5], 6)
  expect(unit.readWords('holding', 3, 1)).toEqual(words([5]))
  part.faults.set({ kind: 'wrong-device', rate: 1, ms: 0, code: 0 })
  expect(unit.readWords('holding', 0, 1)).toEqual(words([0]))
  part.faults.clear()
  part.points.hold('x.model', 7)
  expect(unit.readWords('holding', 0, 1)).toEqual(words([7]))
})

test('words swapped, values frozen', () => {
  const device = deviceWith([point('a', at(0, { type: 'u32', count: 2 }))])
  const points = new SimulatedPoints({
    ...{ device: 'a', utcOffsetMin: 0 },
    points: [{ id: 'a', generator: { gen: 'count', start: 1, step: 1, wrap: 1000 } }],
  })
  const faults = new Faults('a')
  let now = 1000
  const unit = new SimulatedModbusUnit({
    parts: [{ device, points, faults }],
    clock: { ...systemClock, now: () => now },
  })
  const next = () => {
    now += 100
    return unit.readWords('holding', 0, 2)
  }
  expect(next()).toEqual(words([0, 1]))
  faults.set({ kind: 'wrong-word-order', rate: 1, ms: 0, code: 0 })
  expect(next()).toEqual(words([2, 0]))
  faults.clear()
  faults.set({ kind: 'freeze', rate: 1, ms: 0, code: 0 })
  expect(next()).toEqual(words([0, 2]))
  expect(next()).toEqual(words([0, 2]))
})
