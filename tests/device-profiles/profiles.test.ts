import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { qualityCodes } from '#contract/quality.ts'
import type { ModbusDevice } from '#gateway/profiles/device.ts'
import { loadProfile } from '#gateway/profiles/load-profiles.ts'
import { decodeValue, encodeValue } from '#gateway/profiles/pipeline-values.ts'
import type { Profile } from '#gateway/profiles/profile.ts'
import { profileSchemaText } from '#gateway/profiles/profile-schema.ts'
import { encodeWrite } from '#gateway/southbound/modbus/encode.ts'
import { isBitTable, planReads } from '#gateway/southbound/modbus/plan-reads.ts'
import { encodeCommand } from '#gateway/southbound/mqtt/encode.ts'
import { deviceOf, readVector, type Vector } from './read-vector.ts'

const folder = new URL('../../device-profiles/', import.meta.url)
const files = globSync('**/*.yaml', { cwd: folder }).sort()

test('there are profiles', () => {
  expect(files).toContain('modbus/eastron.sdm630.yaml')
})

test('profile.schema.json is what the language says now (npm run schema)', () => {
  expect(readFileSync(new URL('profile.schema.json', folder), 'utf8')).toBe(profileSchemaText())
})

describe.each(files)('%s', (file) => {
  const text = readFileSync(new URL(file, folder), 'utf8')
  const { profile, problems } = loadProfile(fileURLToPath(folder), file)

  test('fits the language, the vocabulary and its own path', () => {
    expect(problems).toEqual([])
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=../profile.schema.json')
  })
  if (profile === undefined || profile.abstract) return

  test('has a title in Chinese and in English', () => {
    expect(Object.keys(profile.title).sort()).toEqual(['en', 'zh'])
    for (const { title } of deviceOf(profile, profile.tests[0]).points) {
      expect(Object.keys(title).sort()).toEqual(['en', 'zh'])
    }
  })

  describe.each(profile.tests)('$name', (vector) => {
    const device = deviceOf(profile, vector)
    if (vector.expect !== undefined || vector.none !== undefined) {
      test('is read', () => expectReads(profile, vector))
    }
    if (vector.write !== undefined) {
      test('is written', () => expect(sent(device, vector)).toEqual(expectedSent(vector)))
    }
    test('decoding undoes encoding', () => {
      for (const [id, { value }] of readVector(device, vector)) {
        const point = device.points.find((one) => one.id === id)
        if (point === undefined || value === null) continue
        const encoded = encodeValue(value, point)
        if (!encoded.ok) throw new Error(`${id}: ${encoded.reason}`)
        expect(decodeValue(encoded.raw, point), id).toEqual({ value, quality: qualityCodes.good })
      }
    })
  })

  if (profile.protocol === 'modbus') {
    test('is read within the limits of the device, every point once', () => {
      expectPlanFits(deviceOf(profile) as ModbusDevice)
    })
  }
})

function expectReads(profile: Profile, vector: Vector): void {
  const seen = readVector(deviceOf(profile, vector), vector)
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

function sent(device: ReturnType<typeof deviceOf>, { write = {} }: Vector): unknown {
  const [[id, value] = ['', '']] = Object.entries(write)
  if (device.protocol === 'modbus') {
    const point = device.points.find((one) => one.id === id)
    const encoded = point === undefined ? undefined : encodeWrite(point, value)
    if (!encoded?.ok) return encoded
    const { fc, addr, words } = encoded.request
    return [{ fc, addr, words }]
  }
  if (device.protocol === 'onvif') return undefined
  const point = device.points.find((one) => one.id === id)
  const encoded = point === undefined ? undefined : encodeCommand(point, value, 1)
  return encoded?.ok ? { topic: encoded.topic, payload: contentOf(encoded.payload) } : encoded
}

function contentOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function expectedSent(vector: Vector): unknown {
  return 'modbus_out' in vector ? vector.modbus_out : 'mqtt_out' in vector ? vector.mqtt_out : undefined
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
