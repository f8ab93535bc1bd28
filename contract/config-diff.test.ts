import fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyChange, diffContent } from './config-diff.ts'

const meter = { id: 'meter-1', profile: 'eastron.sdm630', unit: 1 }
const before = { devices: [meter, { id: 'lux-1', profile: 'x' }], outbox: { diskBudget: '1GB' } }

test('a difference is told at its own place, entries of a list by their name', () => {
  const after = {
    devices: [
      { id: 'lux-2', profile: 'x' },
      { ...meter, unit: 2 },
    ],
    outbox: { diskBudget: '1GB', commitEvery: '1s' },
  }
  expect(diffContent(before, after)).toEqual([
    { path: 'devices[meter-1].unit', op: 'changed', before: 1, after: 2 },
    { path: 'devices[lux-1]', op: 'removed', before: { id: 'lux-1', profile: 'x' } },
    { path: 'devices[lux-2]', op: 'added', after: { id: 'lux-2', profile: 'x' } },
    { path: 'outbox.commitEvery', op: 'added', after: '1s' },
  ])
})

test('an order that changed is a difference; equal contents have none', () => {
  expect(diffContent(before, { ...before, devices: before.devices.toReversed() })).toMatchObject([
    { path: 'devices', op: 'changed' },
  ])
  expect(diffContent(before, structuredClone(before))).toEqual([])
})

test('a list whose entries have no names of their own is compared as a whole', () => {
  expect(diffContent({ devices: [1, 2] }, { devices: [1] })).toMatchObject([{ path: 'devices' }])
  expect(diffContent({ devices: [meter, meter] }, { devices: [meter] })).toMatchObject([{ path: 'devices' }])
})

test('a change alters what it names and leaves the rest', () => {
  const change = {
    devices: [
      { id: 'meter-1', unit: 9, bus: 'plant' },
      { id: 'lux-1', remove: true },
      { id: 'lux-3', profile: 'y' },
    ],
    outbox: { diskBudget: null, commitEvery: '2s' },
    rules: [{ id: 'r', point: 'meter-1/x' }],
  }
  expect(applyChange(before, change)).toEqual({
    devices: [
      { id: 'meter-1', profile: 'eastron.sdm630', unit: 9, bus: 'plant' },
      { id: 'lux-3', profile: 'y' },
    ],
    outbox: { commitEvery: '2s' },
    rules: [{ id: 'r', point: 'meter-1/x' }],
  })
  expect(before.devices[0]).toEqual(meter)
})

const leaf = fc.oneof(
  fc.integer(),
  fc.boolean(),
  fc.string({ maxLength: 3 }),
  fc.array(fc.integer(), { maxLength: 2 }),
)
const entry = (id: string) =>
  fc.dictionary(fc.constantFrom('a', 'b', 'c'), leaf).map((rest) => ({ ...rest, id }))
const list = fc
  .subarray(['x', 'y', 'z'])
  .chain((ids) => fc.tuple(...ids.map(entry)))
  .map((entries): unknown => entries)
const content = fc.dictionary(
  fc.constantFrom('devices', 'rules', 'outbox'),
  fc.oneof(list, fc.dictionary(fc.constantFrom('a', 'b'), leaf)),
  { maxKeys: 3 },
)

test('no difference is exactly equality, and a change that was made changes nothing the second time', () => {
  fc.assert(
    fc.property(content, content, (a, b) => {
      expect(diffContent(a, a)).toEqual([])
      const once = applyChange(a, b)
      expect(applyChange(once, b)).toEqual(once)
      expect(diffContent(a, b).length === 0).toBe(JSON.stringify(sorted(a)) === JSON.stringify(sorted(b)))
    }),
  )
})

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  )
}
