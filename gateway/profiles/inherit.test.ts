import { describe, expect, test } from 'vitest'
import { parseProfile } from './load-profiles.ts'
import { readSource } from './profile-source.ts'
import { resolveDevice } from './resolve.ts'

const base = `profile: 1
id: base.box
version: 1.0.0
title: { zh: 基础, en: Base }
abstract: true
vendor: generic
models: []
category: sensor.env
protocol: mqtt
provenance: [{ ref: made up, confidence: low }]
params:
  name: { type: text, chars: token, required: true }
  mode: { type: enum, options: [celsius, fahrenheit], default: celsius }
mqtt:
  topics:
    up: { filter: "box/<name>", codec: json, retained: ignore, partial: true, max_bytes: 1000, qos: 1 }
points:
  rssi: { from: { topic: up, ptr: /rssi, as: number } }
  temperature: { from: { topic: up, ptr: /t, as: number } }
tests: []
`
const child = `profile: 1
id: acme.box
version: 2.0.0
title: { zh: 盒子, en: Box }
extends: base.box
models: [Box 1]
protocol: mqtt
provenance: [{ ref: made up as well, confidence: low }]
mqtt:
  topics:
    up: { max_bytes: 2000 }
points:
  rssi: null
  humidity: { from: { topic: up, ptr: /h, as: number }, unit: "%" }
variants:
  fahrenheit:
    select: { param: mode, is: fahrenheit }
    points: { temperature: { unit: "[degF]" } }
  percent: { select: manual, points: { humidity: { mul: 100 } } }
tests:
  - { name: by hand, params: { name: a }, mqtt: { topic: box/a, payload: { t: 21 } }, expect: { temperature: { value: 21 } } }
`

const files = new Map([['base.box', ['mqtt/base.box.yaml', base]]])
function parse(text: string, known: ReadonlyMap<string, readonly string[]> = files) {
  return parseProfile(text, 'mqtt/acme.box.yaml', (id) => {
    const [file = '', content = ''] = known.get(id) ?? []
    const read = readSource(content, file)
    return content !== '' && read.ok ? read.source : undefined
  })
}
function said(text: string, known = files): string[] {
  return parse(text, known).problems.map(
    ({ file, line, path, message }) => `${file}:${line} ${path}: ${message}`,
  )
}
function pointsOf(variant: { mode?: string; variant?: string }) {
  const { profile } = parse(child)
  if (profile === undefined) throw new Error(said(child).join('\n'))
  const { variant: named, ...params } = variant
  const resolved = resolveDevice(profile, {
    ...{ id: 'box-1', profile: profile.id, params: { name: 'a', ...params } },
    ...(named === undefined ? {} : { variant: named }),
  })
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.problems))
  return resolved.device
}

describe('a profile that extends another', () => {
  test('has everything of it, with its own on top, and without what it deletes', () => {
    const { profile, problems } = parse(child)
    expect(problems).toEqual([])
    expect(profile).toMatchObject({ id: 'acme.box', vendor: 'generic', category: 'sensor.env' })
    expect(profile).not.toHaveProperty('abstract')
    expect(Object.keys(profile?.points ?? {})).toEqual(['temperature', 'humidity'])
    expect(profile).toMatchObject({ mqtt: { topics: { up: { filter: 'box/<name>', max_bytes: 2000 } } } })
  })

  test('a mistake is told with the file, line and key that hold it', () => {
    expect(said(child.replace('max_bytes: 2000', 'max_byte: 2000'))).toEqual([
      'mqtt/acme.box.yaml:11 mqtt.topics.up.max_byte: unknown key; did you mean max_bytes?',
    ])
    const broken = base.replace('ptr: /t,', 'ptr: 5,')
    expect(said(child, new Map([['base.box', ['mqtt/base.box.yaml', broken]]]))).toEqual([
      expect.stringMatching(/^mqtt\/base\.box\.yaml:19 points\.temperature\.from\.ptr: expected /),
    ])
  })

  test('says for itself who it is and what proves it', () => {
    expect(said(child.replace(/^title.*\n/m, ''))).toEqual([
      expect.stringContaining('acme.box.yaml:1 title: missing'),
    ])
    expect(said(child.replace(/^tests:[\s\S]*$/m, ''))).toEqual([expect.stringContaining('tests: missing')])
    expect(said(child.replace(/^provenance.*\n/m, ''))).toEqual([
      expect.stringContaining('provenance: missing'),
    ])
  })

  test.each<[string, string, string]>([
    ['nobody', 'extends: base.bag', 'there is no readable profile base.bag to extend'],
    ['itself', 'extends: acme.box', 'acme.box extends this profile itself'],
    ['too many', 'extends: a.1', 'more than 3 profiles above each other'],
    ['another protocol', 'extends: base.line', 'base.line speaks modbus and this profile mqtt'],
  ])('cannot extend %s', (_name, line, message) => {
    const link = (n: number) => `protocol: mqtt\nextends: a.${n + 1}\n`
    const known = new Map<string, readonly string[]>([
      ...files,
      ...[1, 2, 3, 4].map((n) => [`a.${n}`, [`mqtt/a.${n}.yaml`, link(n)]] as const),
      ['base.line', ['modbus/base.line.yaml', 'protocol: modbus']],
      ['acme.box', ['mqtt/acme.box.yaml', child.replace('extends: base.box', 'extends: acme.box')]],
    ])
    const text = child.replace('extends: base.box', line)
    const { problems } = parse(text, known)
    expect(problems).toEqual([
      { file: expect.any(String), line: expect.any(Number), path: 'extends', message },
    ])
  })
})

test('a base may leave things open, and cannot be installed', () => {
  const { profile, problems } = parseProfile(base, 'mqtt/base.box.yaml')
  expect(problems).toEqual([])
  if (profile === undefined) throw new Error('no profile')
  expect(resolveDevice(profile, { id: 'box-1', profile: 'base.box', params: { name: 'a' } })).toMatchObject({
    ok: false,
    problems: [{ path: ['profile'], message: 'base.box is only to be extended' }],
  })
})

describe('a variant', () => {
  const converts = (device: ReturnType<typeof pointsOf>, id: string) =>
    device.points.find((point) => point.id === id)?.steps.find(({ op }) => op === 'linear')

  test('is picked by a parameter', () => {
    expect(converts(pointsOf({}), 'temperature')).toBeUndefined()
    const device = pointsOf({ mode: 'fahrenheit' })
    expect(converts(device, 'temperature')).toMatchObject({ mul: 5, div: 9 })
    expect(device.variant).toBe('fahrenheit')
  })
  test('is named by the instance', () => {
    expect(converts(pointsOf({ variant: 'percent' }), 'humidity')).toMatchObject({ mul: 100 })
    expect(pointsOf({ variant: 'default' })).not.toHaveProperty('variant')
  })
  test.each([
    ['kelvin', 'no variant kelvin; there are default, percent'],
    ['fahrenheit', 'fahrenheit is chosen by the parameter mode'],
  ])('%s cannot be named', (variant, message) => {
    expect(() => pointsOf({ variant })).toThrow(message)
  })
  test('has to be whole, and its own mistakes are told in it', () => {
    expect(said(child.replace('mul: 100', 'mul: many'))).toEqual([
      expect.stringContaining('acme.box.yaml:19 variants.percent.points.humidity.mul: expected'),
    ])
    expect(said(child.replace('unit: "[degF]"', 'unit: V'))).toEqual([
      expect.stringContaining(
        'variants.fahrenheit.points.temperature.unit: in variant fahrenheit: V cannot be converted to Cel',
      ),
    ])
    expect(said(child.replace('is: fahrenheit', 'is: kelvin'))).toEqual([
      expect.stringContaining('kelvin is not an option of mode'),
    ])
  })
})
