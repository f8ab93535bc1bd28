import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assetCodePattern, sharedFieldNames } from '#contract/assets.ts'
import { assetCode } from './asset-code.ts'
import {
  type ByHand,
  changesBetween,
  contradictionsOf,
  kindOf,
  type Reported,
  reportedOfDevice,
  reportedOfGateway,
  settled,
} from './asset-facts.ts'
import { patched, problemsOf } from './patch-asset.ts'
import { wayOf } from './place-names.ts'

const row = {
  ...{ title_zh: '总表', title_en: 'Main', profile: 'eastron.sdm630', profile_version: '1.2', variant: null },
  ...{
    vendor: 'Eastron',
    model: 'SDM630',
    category: 'meter.electric',
    location_zh: '配电间',
    location_en: null,
  },
  ...{ address: 'plant · 3', machine_json: null },
}

test('a device is what its profile says until it says itself what it is', () => {
  const said = reportedOfDevice(row, 'room-1')
  expect(said).toMatchObject({ title: '总表 / Main', maker: 'Eastron', model: 'SDM630', place: 'room-1' })
  expect(said).not.toHaveProperty('serial')
  const machine_json = JSON.stringify({ model: 'SDM630-M', serial: '0042', firmware: '2.0' })
  expect(reportedOfDevice({ ...row, machine_json }, null)).toMatchObject({
    ...{ maker: 'Eastron', model: 'SDM630-M', serial: '0042', firmware: '2.0' },
  })
})

test('of a gateway only its program is reported', () => {
  const facts = { title_zh: '一中', title_en: null, software: '0.1.0', runtime: 'node 24' }
  expect(reportedOfGateway(facts, null)).toEqual({ title: '一中', firmware: '0.1.0', runtime: 'node 24' })
})

test.each([
  ['', '', 'gateway'],
  ['cam-1', 'camera', 'camera'],
  ['m-1', 'meter.electric', 'device'],
] as const)('%s of category %s is a %s', (device, category, kind) => {
  expect(kindOf(device, category)).toBe(kind)
})

test('what is reported counts; what people wrote differently is shown beside it', () => {
  const [reported, byHand] = [
    { maker: 'Acme', model: 'X 1' },
    { maker: ' acme', model: 'X2', serial: '7' },
  ]
  expect(settled(reported, byHand)).toMatchObject({ maker: 'Acme', model: 'X 1', serial: '7', address: null })
  expect(contradictionsOf(reported, byHand)).toEqual([{ field: 'model', reported: 'X 1', byHand: 'X2' }])
})

const facts = fc.record(
  Object.fromEntries(sharedFieldNames.map((field) => [field, fc.string({ minLength: 1, maxLength: 4 })])),
  { requiredKeys: [] },
) as fc.Arbitrary<Reported & ByHand>

test('the history leads from any state to any other, and says nothing where nothing changed', () => {
  fc.assert(
    fc.property(facts, facts, (before, after) => {
      const replayed: Record<string, string> = { ...before }
      for (const { field, before: was, after: is } of changesBetween(before, after)) {
        expect(replayed[field] ?? null).toBe(was)
        if (is === null) delete replayed[field]
        else replayed[field] = is
      }
      expect(replayed).toEqual(after)
      expect(changesBetween(after, after)).toEqual([])
    }),
  )
})

test('a patch done twice changes nothing the second time, and what it does not name stays', () => {
  const patch = fc.record(
    { maker: fc.option(fc.string({ maxLength: 4 })), notes: fc.option(fc.string({ maxLength: 4 })) },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(facts, patch, (before, wanted) => {
      const first = patched(before, wanted)
      expect(patched(first.byHand, wanted).changes).toEqual([])
      expect(first.byHand.serial).toBe(before.serial)
    }),
  )
})

test('a day has to be in the calendar', () => {
  expect(problemsOf({ installedOn: '2026-02-28', warrantyUntil: null })).toEqual([])
  expect(
    problemsOf({ installedOn: '2026-02-30', warrantyUntil: '2026-13-01' }).map(({ path }) => path),
  ).toEqual(['body/installedOn', 'body/warrantyUntil'])
})

test('codes are as the contract says, and differ', () => {
  const codes = Array.from({ length: 1_000 }, assetCode)
  expect(new Set(codes).size).toBe(1_000)
  expect(codes.filter((code) => !new RegExp(assetCodePattern).test(code))).toEqual([])
})

test('the way to a room begins at its campus', () => {
  const node = (id: string, kind: string, title_zh: string | null = id) => ({
    id,
    kind,
    title_zh,
    title_en: null,
  })
  const steps = [
    node('r1', 'room', '101'),
    node('bureau', 'bureau'),
    node('f1', 'floor'),
    node('c1', 'campus'),
  ]
  expect(wayOf('r1', steps)).toEqual({ names: [{ zh: 'c1' }, { zh: 'f1' }, { zh: '101' }], campus: 'c1' })
  expect(wayOf('bureau', [node('bureau', 'bureau', null)])).toEqual({
    names: [{ zh: 'bureau' }],
    campus: undefined,
  })
})
