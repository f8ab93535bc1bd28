import { describe, expect, test } from 'vitest'
import type { ReadGroup, ReadLimits } from '#gateway/profiles/device.ts'
import { point } from './fixtures/devices.ts'
import { planReads, type ReadBlock, splitBlock } from './plan-reads.ts'

const limits: ReadLimits = { maxRegs: 10, maxBits: 16, maxGap: 2, maxBitGap: 0, align: 1, evenCount: false }
const plan = (
  points: Parameters<typeof planReads>[0],
  more: Partial<ReadLimits> = {},
  groups: ReadGroup[] = [],
) => planReads(points, { limits: { ...limits, ...more }, groups })
const shape = (blocks: readonly ReadBlock[]) =>
  blocks.map(
    ({ table, addr, count, points }) => `${table} ${addr}+${count}: ${points.map(({ id }) => id).join(' ')}`,
  )

describe('points are joined', () => {
  test('over a gap that the device allows, in the order of their addresses', () => {
    const points = [point('c', { addr: 4 }), point('a', { addr: 0 }), point('b', { addr: 2, count: 2 })]
    expect(shape(plan(points))).toEqual(['input 0+5: a b c'])
  })
  test('not over a wider one', () => {
    expect(shape(plan([point('a', { addr: 0 }), point('b', { addr: 4 })]))).toEqual([
      'input 0+1: a',
      'input 4+1: b',
    ])
  })
  test('up to the longest request, and a value is never cut', () => {
    const points = [0, 4, 8].map((addr) => point(`r${addr}`, { addr, count: 4, type: 'f64' }))
    expect(shape(plan(points))).toEqual(['input 0+8: r0 r4', 'input 8+4: r8'])
  })
  test('only within one table and one period', () => {
    const points = [
      point('a', { addr: 0 }),
      point('b', { addr: 1, table: 'holding' }),
      point('c', { addr: 1 }, { pollMs: 5000 }),
    ]
    expect(plan(points)).toHaveLength(3)
  })
  test('bits by the limits of bits', () => {
    const points = Array.from({ length: 17 }, (_, addr) =>
      point(`b${addr}`, { addr, table: 'coil', type: 'bool' }),
    )
    expect(plan(points).map(({ addr, count }) => [addr, count])).toEqual([
      [0, 16],
      [16, 1],
    ])
  })
  test('with overlapping values, as different bits of one register have', () => {
    const points = [0, 1].map((pos) => point(`bit${pos}`, { addr: 3, bits: { pos, len: 1 } }))
    expect(shape(plan(points))).toEqual(['input 3+1: bit0 bit1'])
  })
})

test('start and length follow what the device insists on', () => {
  const even = { align: 2, evenCount: true }
  expect(shape(plan([point('a', { addr: 3 })], even))).toEqual(['input 2+2: a'])
  // Padding counts: 9 + 1 registers would fit, but they would be read from 0 to 12.
  const points = [point('a', { addr: 1, count: 9 }), point('b', { addr: 10 })]
  expect(shape(plan(points, even))).toEqual(['input 0+10: a', 'input 10+2: b'])
})

test('a group is read as it stands, as often as its most impatient point wants', () => {
  const group: ReadGroup = { table: 'input', start: 0, count: 8, atomic: true }
  const points = [
    point('a', { addr: 1 }, { pollMs: 5000 }),
    point('b', { addr: 6 }),
    point('c', { addr: 7, count: 2 }),
  ]
  const blocks = plan(points, {}, [group])
  expect(shape(blocks)).toEqual(['input 0+8: a b', 'input 7+2: c'])
  expect(blocks[0]?.pollMs).toBe(100)
})

test('what cannot be read is not planned', () => {
  const { from: _, ...writeOnly } = point('a', {})
  expect(plan([writeOnly])).toEqual([])
})

describe('a refused block', () => {
  test('is cut in two between values', () => {
    const [block] = plan([0, 2, 4].map((addr) => point(`r${addr}`, { addr, count: 2, type: 'f32' })))
    if (block === undefined) throw new Error('no block')
    expect(shape(splitBlock(block, limits))).toEqual(['input 0+4: r0 r2', 'input 4+2: r4'])
  })
  test('is not cut when it holds one value or must stay whole', () => {
    const [single] = plan([point('a', {})])
    const [whole] = plan([point('a', {}), point('b', { addr: 1 })], {}, [
      { table: 'input', start: 0, count: 2, atomic: true },
    ])
    for (const block of [single, whole]) {
      if (block === undefined) throw new Error('no block')
      expect(splitBlock(block, limits)).toEqual([])
    }
  })
})
