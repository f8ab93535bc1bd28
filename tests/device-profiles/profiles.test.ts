import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { pointVocabulary } from '#contract/point-vocabulary.ts'
import { good, qualityCodes } from '#contract/quality.ts'
import { isUnit } from '#contract/units.ts'
import type { Device, ModbusDevice, ResolvedPoint } from '#gateway/profiles/device.ts'
import { loadProfile } from '#gateway/profiles/load-profiles.ts'
import { decodeValue, encodeValue } from '#gateway/profiles/pipeline-values.ts'
import type { Profile } from '#gateway/profiles/profile.ts'
import { profileSchemaText } from '#gateway/profiles/profile-schema.ts'
import { isBitTable, planReads } from '#gateway/southbound/modbus/plan-reads.ts'
import { deviceOf, readHistory, readVector, type Vector } from './read-vector.ts'
import { expectedSent, sent } from './write-vector.ts'

const folder = new URL('../../device-profiles/', import.meta.url)
const files = globSync('**/*.yaml', { cwd: folder }).sort()
const brickClasses = new Set(
  readFileSync(new URL('brick-classes.txt', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#')),
)

/** Words that say where the bytes of a vector come from. */
const origins = /manual|document|readme|vendor|example|captured|worked out|by hand/i

test('there are profiles', () => {
  expect(files).toContain('modbus/eastron.sdm630.yaml')
})

test('profile.schema.json is what the language says now (npm run schema)', () => {
  expect(readFileSync(new URL('profile.schema.json', folder), 'utf8')).toBe(profileSchemaText())
})

test('every class that the vocabulary names is one of Brick', () => {
  const named = Object.values(pointVocabulary).flatMap(({ brick }) => (brick === undefined ? [] : [brick]))
  expect(named.filter((name) => !brickClasses.has(name))).toEqual([])
})

describe.each(files)('%s', (file) => {
  const text = readFileSync(new URL(file, folder), 'utf8')
  const { profile, problems } = loadProfile(fileURLToPath(folder), file)

  test('fits the language, the vocabulary and its own path', () => {
    expect(problems).toEqual([])
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=../profile.schema.json')
  })
  if (profile === undefined || profile.abstract) return
  const devices = everyKind(profile)

  test('has a title in Chinese and in English, and so has all it brings', () => {
    const { alarms = [] } = profile
    const titles = [
      profile.title,
      ...devices.flatMap(({ points }) => points.map(({ title }) => title)),
      ...alarms.flatMap((alarm) => (alarm.text === undefined ? [] : [alarm.text])),
    ]
    for (const title of titles) {
      expect(Object.keys(title).sort()).toEqual(['en', 'zh'])
      expect(title.zh).not.toBe('')
      expect(title.en).not.toBe('')
    }
  })

  test('names classes of Brick and units of the table', () => {
    const { equip, points } = profile
    const classes = [equip, ...Object.values(points).map((point) => point.equip)].flatMap((one) =>
      one === undefined ? [] : [one.brick],
    )
    expect(classes.filter((name) => !brickClasses.has(name))).toEqual([])
    const units = Object.values(points).flatMap(({ unit }) => (unit === undefined ? [] : [unit]))
    expect(units.filter((unit) => !isUnit(unit))).toEqual([])
  })

  test('says where its vectors come from', () => {
    const names = profile.tests.map(({ name, source = '' }) => `${name} ${source}`)
    const comment = /^#.*\n+tests:$/m.test(text) || profile.tests.some(({ source }) => source !== undefined)
    expect(comment || names.some((name) => origins.test(name)), 'source, or a comment above tests').toBe(true)
  })

  test('whatever can be read can be sent back and is read the same', () => {
    for (const device of devices) for (const point of device.points) expectInverse(point)
  })

  describe.each(profile.tests)('$name', (vector) => {
    const device = deviceOf(profile, vector)
    if (vector.expect !== undefined || vector.none !== undefined) {
      test('is read', () => expectReads(device, vector))
    }
    if ('history' in vector && vector.history !== undefined) {
      test('is remembered', () => expect(readHistory(device, vector)).toEqual(expectedHistory(vector)))
    }
    if (vector.write !== undefined) {
      test('is written', () => expect(sent(device, vector)).toEqual(expectedSent(vector)))
    }
    test('decoding undoes encoding', () => {
      for (const [id, { value }] of readVector(device, vector)) {
        const point = device.points.find((one) => one.id === id)
        if (point === undefined || value === null || point.kind === 'event') continue
        const encoded = encodeValue(value, point)
        if (!encoded.ok) throw new Error(`${id}: ${encoded.reason}`)
        expect(decodeValue(encoded.raw, point), id).toEqual({ value, quality: qualityCodes.good })
      }
    })
  })

  if (profile.protocol === 'modbus') {
    test('is read within the limits of the device, every point once', () => {
      for (const device of devices) expectPlanFits(device as ModbusDevice)
    })
  }
})

/** As it is, with each of its variants that a person may choose, and with the parameters of each vector. */
function everyKind(profile: Profile): Device[] {
  const variants = Object.entries(profile.variants ?? {})
    .filter(([, { select }]) => typeof select === 'string')
    .map(([variant]) => ({ ...profile.tests[0], variant }))
  return [...profile.tests, ...variants].map((one) => deviceOf(profile, one))
}

/** Raw values that registers and messages are likely to hold, and some that they are not. */
const raws = [0, 1, 2, 3, 7, 10, 99, 127, 254, 255, 1000, 4095, 40_000, -1, -55, 0.5, 21.75, true, false]

function expectInverse(point: ResolvedPoint): void {
  const mapped = point.steps.flatMap((step) => (step.op === 'map' ? step.pairs.map(([raw]) => raw) : []))
  for (const raw of [...raws, ...mapped]) {
    const { value, quality } = decodeValue(raw, point)
    if (quality !== good || value === null) continue
    const encoded = encodeValue(value, point)
    expect(encoded, `${point.id} ${raw}`).toMatchObject({ ok: true })
    if (!encoded.ok) continue
    const again = decodeValue(encoded.raw, point)
    expect(again.quality, `${point.id} ${raw}`).toBe(good)
    if (typeof value === 'number') expect(again.value, `${point.id} ${raw}`).toBeCloseTo(value, 6)
    else expect(again.value, `${point.id} ${raw}`).toBe(value)
  }
}

function expectReads(device: Device, vector: Vector): void {
  const seen = readVector(device, vector)
  for (const [id, expected] of Object.entries(vector.expect ?? {})) {
    const found = seen.get(id)
    if ('quality' in expected) {
      expect(found, id).toMatchObject({ value: null, quality: qualityCodes[expected.quality] })
      continue
    }
    expect(found?.quality, id).toBe(qualityCodes.good)
    if (expected.within === undefined) expect(found?.value, id).toBe(expected.value)
    else
      expect(Math.abs(Number(found?.value) - Number(expected.value)), id).toBeLessThanOrEqual(expected.within)
    if (vector.at !== undefined) expect(found?.t, id).toBe(Date.parse(vector.at))
  }
  for (const id of vector.none ?? []) expect(seen.has(id), id).toBe(false)
}

function expectedHistory(vector: Vector): unknown {
  const history = 'history' in vector ? (vector.history ?? []) : []
  return history.map(({ point, at, value }) => ({ point, t: Date.parse(at), value }))
}

function expectPlanFits({ points, address }: ModbusDevice): void {
  const { limits } = address
  const blocks = planReads(points, address)
  const read = blocks.flatMap((block) => block.points.map(({ id }) => id))
  expect(read.toSorted()).toEqual(
    points
      .filter(({ from }) => from)
      .map(({ id }) => id)
      .toSorted(),
  )
  for (const block of blocks) {
    const bits = isBitTable(block.table)
    expect(block.count).toBeLessThanOrEqual(bits ? limits.maxBits : limits.maxRegs)
    if (!bits) expect(block.addr % limits.align).toBe(0)
    if (!bits && limits.evenCount) expect(block.count % 2).toBe(0)
    for (const { id, from } of block.points) {
      expect(from.addr, id).toBeGreaterThanOrEqual(block.addr)
      expect(from.addr + from.count, id).toBeLessThanOrEqual(block.addr + block.count)
    }
  }
}
