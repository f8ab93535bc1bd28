import { describe, expect, test } from 'vitest'
import type { ModbusPoint, ModbusTarget } from '#gateway/profiles/device.ts'
import type { BitOrder } from '#gateway/profiles/modbus.ts'
import { decodeRegisters } from './decode.ts'
import { encodeWrite } from './encode.ts'
import { point, source } from './fixtures/devices.ts'

/** Worked out by hand: 1234.5 is 0x449A5000, −2 is all ones but the last bit. */
const decoded: [string, Parameters<typeof source>[0], number[], unknown][] = [
  ['u16', { type: 'u16' }, [0xffff], 65_535],
  ['i16', { type: 'i16' }, [0xfffe], -2],
  ['u32', { type: 'u32', count: 2 }, [0x0001, 0x0002], 65_538],
  ['i32', { type: 'i32', count: 2 }, [0xffff, 0xfffe], -2],
  ['f32 ABCD', { type: 'f32', count: 2 }, [0x449a, 0x5000], 1234.5],
  ['f32 CDAB', { type: 'f32', count: 2, order: 'CDAB' }, [0x5000, 0x449a], 1234.5],
  ['f32 BADC', { type: 'f32', count: 2, order: 'BADC' }, [0x9a44, 0x0050], 1234.5],
  ['f32 DCBA', { type: 'f32', count: 2, order: 'DCBA' }, [0x0050, 0x9a44], 1234.5],
  ['u64', { type: 'u64', count: 4 }, [0, 1, 0, 0], 2 ** 32],
  ['i64', { type: 'i64', count: 4 }, [0xffff, 0xffff, 0xffff, 0xfffe], -2],
  ['f64', { type: 'f64', count: 4 }, [0x4093, 0x4a00, 0, 0], 1234.5],
  ['f64 CDAB', { type: 'f64', count: 4, order: 'CDAB' }, [0, 0, 0x4a00, 0x4093], 1234.5],
  ['a register as yes or no', { type: 'bool' }, [2], true],
  ['a coil', { table: 'coil', type: 'bool' }, [0], false],
  ['one bit', { bits: { pos: 3, len: 1 } }, [0b1000], true],
  ['some bits', { bits: { pos: 4, len: 4 } }, [0xabcd], 0xc],
  ['bits of two registers', { type: 'u32', count: 2, bits: { pos: 12, len: 8 } }, [0x0012, 0x3456], 0x23],
  ['a text', { type: 'text', count: 3 }, [0x5344, 0x4d00, 0x2020], 'SDM'],
  ['a text with swapped bytes', { type: 'text', count: 2, order: 'BADC' }, [0x4453, 0x204d], 'SDM'],
  ['too few registers', { type: 'f32', count: 2 }, [0x449a], undefined],
]

test.each(decoded)('%s', (_name, fields, cells, value) => {
  expect(decodeRegisters([...cells, ...(value === undefined ? [] : [0xdead])], source(fields))).toBe(value)
})

function writable(to: Partial<ModbusTarget>, fields: Partial<ModbusPoint> = {}): ModbusPoint {
  const target: ModbusTarget = { ...source({ table: 'holding', ...to }), fc: 16, ...to }
  return point('x.a', {}, { write: { to: target, minIntervalMs: 0, risk: 'low' }, ...fields })
}

describe('a write', () => {
  const orders: BitOrder[] = ['ABCD', 'CDAB', 'BADC', 'DCBA']
  test.each(orders)('in %s is what reading would take apart', (order) => {
    for (const [type, count, value] of [
      ['f32', 2, 1234.5],
      ['i32', 2, -70_000],
      ['u64', 4, 2 ** 40 + 5],
      ['f64', 4, -0.1],
    ] as const) {
      const encoded = encodeWrite(writable({ type, count, order }), value)
      if (!encoded.ok) throw new Error(encoded.reason)
      expect(decodeRegisters(encoded.request.words, source({ type, count, order })), type).toBe(value)
    }
  })
  test('goes through the steps of the point backwards and to the nearest integer', () => {
    const point50 = writable({ type: 'u16', fc: 6 }, { steps: [{ op: 'transform', name: 'lin254' }] })
    expect(encodeWrite(point50, 40)).toMatchObject({ ok: true, request: { fc: 6, words: [102] } })
  })
  test.each([
    [70_000, 'u16'],
    [-1, 'u16'],
    [40_000, 'i16'],
    [Number.NaN, 'f32'],
  ] as const)('of %d does not fit in %s and is refused', (value, type) => {
    expect(encodeWrite(writable({ type, count: 2 }), value)).toMatchObject({ ok: false })
  })
  test('sends the literals of the profile and nothing else', () => {
    const to: ModbusTarget = { ...source({ table: 'coil', type: 'bool' }), fc: 5 }
    const values = [
      [true, 0xff00],
      [false, 0],
    ] as const
    const relay = point('relay.1', {}, { write: { to, values, minIntervalMs: 0, risk: 'low' } })
    expect(encodeWrite(relay, true)).toMatchObject({ ok: true, request: { fc: 5, words: [0xff00] } })
    expect(encodeWrite(relay, 1)).toEqual({ ok: false, reason: '1 is not one of true, false' })
  })
  test('to a point that cannot be written is refused', () => {
    expect(encodeWrite(point('x.a', {}), 1)).toMatchObject({ ok: false })
  })
})
