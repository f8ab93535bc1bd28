import { describe, expect, test } from 'vitest'
import { shippedProfile, shippedText } from './fixtures/shipped-profile.ts'
import { parseProfile } from './load-profiles.ts'
import type { Profile } from './profile.ts'
import { resolveDevice } from './resolve.ts'

const plug = `profile: 1
id: acme.strip
version: 1.0.0
title: { zh: 插排, en: Power strip }
vendor: Acme
models: [Strip]
category: relay
protocol: mqtt
provenance: [{ ref: made up, confidence: low }]
params:
  id: { type: text, chars: token, required: true }
mqtt:
  topics:
    out: { filter: "strip/<id>/out/<i>", each: { n: { first: 1, last: 4 }, i: { base: 0, step: 1 } }, codec: json, retained: use, max_bytes: 100, qos: 1 }
    all: { filter: "strip/<id>/all", codec: json, require: [{ ptr: /kind, in: [a, b] }], retained: use, partial: true, max_bytes: 100, qos: 1 }
  backfill:
    - { topic: all, ptr: /log, time: { ptr: /at, format: epoch_s }, points: { power.active: /w } }
  commands:
    set:
      topic: "strip/<id>/out/<i>/set"
      qos: 1
      retain: false
      payload: { json: { id: $seq, n: $n, out: $i, src: $param.id, on: $value } }
      ack: { topic: "strip/<id>/ack", match: { ptr: /id, equals: $seq }, error_ptr: /error, within: 3s }
points:
  relay.<n>:
    each: { n: { first: 1, last: 4 }, i: { base: 0, step: 1 } }
    from: { topic: out, ptr: "/out<i>/on", as: bool }
    write:
      command: set
      readback: { within: 2s, poll_now: false }
      ramp_max_per_s: 5
      on_fail: false
      risk: medium
  power.active: { from: { topic: all, ptr: /w, as: number } }
tests:
  - name: by hand
    params: { id: s1 }
    mqtt: { topic: strip/s1/all, payload: { kind: a, w: 5, log: [{ at: 1767600000, w: 4 }] } }
    expect: { power.active: { value: 5 } }
    history: [{ point: power.active, at: "2026-01-05T08:00:00Z", value: 4 }]
  - name: by hand, on
    params: { id: s1 }
    write: { relay.3: true }
    mqtt_out: { topic: strip/s1/out/2/set, payload: { id: 1, n: 3, out: 2, src: s1, on: true } }
`

function strip(change: (text: string) => string = (text) => text) {
  const { profile, problems } = parseProfile(change(plug), 'mqtt/acme.strip.yaml')
  if (profile === undefined)
    throw new Error(problems.map(({ path, message }) => `${path}: ${message}`).join('\n'))
  return profile
}
function device(profile: Profile, instance: object) {
  const resolved = resolveDevice(profile, { id: 'device-1', profile: profile.id, ...instance })
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.problems))
  return resolved.device
}

describe('a part of an MQTT device', () => {
  const { points, address } = device(strip(), { params: { id: 's1' } })
  const relay = points.find(({ id }) => id === 'relay.3')

  test("has its own copy of the topic, under the device's own number", () => {
    expect(address).toMatchObject({
      topics: [
        { id: 'out.1', filter: 'strip/s1/out/0' },
        { id: 'out.2', filter: 'strip/s1/out/1' },
        { id: 'out.3', filter: 'strip/s1/out/2' },
        { id: 'out.4', filter: 'strip/s1/out/3' },
        { id: 'all', require: [{ ptr: '/kind', in: ['a', 'b'] }] },
      ],
    })
    expect(relay?.from).toEqual({ topic: 'out.3', ptr: '/out2/on', as: 'bool' })
  })
  test('is written where it is, in whole leaves, and its answer is known', () => {
    expect(relay?.write).toMatchObject({
      to: {
        topic: 'strip/s1/out/2/set',
        payload: { json: { id: '$seq', n: 3, out: 2, src: 's1', on: '$value' } },
        ack: {
          topic: 'strip/s1/ack',
          match: { ptr: '/id', equals: '$seq' },
          errorPtr: '/error',
          withinMs: 3_000,
        },
      },
      readback: { withinMs: 2_000, point: 'relay.3', pollNow: false },
      rampMaxPerS: 5,
      onFail: false,
    })
  })
  test('history is found by topic and pointer', () => {
    expect(address).toMatchObject({
      backfill: [
        {
          topic: 'all',
          ptr: '/log',
          time: { ptr: '/at', format: 'epoch_s' },
          points: [{ point: 'power.active', ptr: '/w' }],
        },
      ],
    })
  })
  test.each<[string, string, string, string]>([
    [
      'a repeated filter without each',
      'out/<i>", each: { n: { first: 1, last: 4 }, i: { base: 0, step: 1 } }',
      'out/<i>"',
      'go together',
    ],
    [
      'another repetition than its topic',
      'relay.<n>:\n    each: { n: { first: 1, last: 4 }',
      'relay.<n>:\n    each: { n: { first: 1, last: 5 }',
      'not the same as the each of its topic',
    ],
    ['history of no topic', 'topic: all, ptr: /log', 'topic: none, ptr: /log', 'there is no topic none'],
    ['a wildcard in an answer', 'strip/<id>/ack', 'strip/+/ack', 'wildcards are not allowed here'],
  ])('refused: %s', (_name, from, to, message) => {
    expect(() => strip((text) => text.replace(from, to))).toThrow(message)
  })
})

describe('a Modbus device', () => {
  const meter = (change: (text: string) => string) => shippedProfile('modbus/eastron.sdm630.yaml', change)
  const point = (text: string) => (whole: string) =>
    whole.replace('\nalarms:', `\n  x.test: ${text}\n\nalarms:`)
  const testPoint = (text: string) =>
    device(meter(point(text)), { bus: 'b' }).points.find(({ id }) => id === 'x.test')

  test('has halves of registers, scales in other registers, and points that are not polled', () => {
    const half = '{ kind: num, from: { table: holding, addr: 8, type: i16, byte: hi }, poll: on_demand }'
    expect(testPoint(half)).toMatchObject({ from: { addr: 8, byte: 'hi', count: 1 } })
    expect(testPoint(half)).not.toHaveProperty('pollMs')
    expect(testPoint(half)).not.toHaveProperty('staleAfterMs')
    const scaled =
      '{ kind: num, from: { table: holding, addr: 8, type: u32 }, scale_from: { table: holding, addr: 10, type: u16, byte: lo, map: [[1, 0.1], [2, 0.01]] } }'
    expect(testPoint(scaled)).toMatchObject({
      scaleFrom: {
        source: { addr: 10, byte: 'lo', count: 1 },
        map: [
          [1, 0.1],
          [2, 0.01],
        ],
      },
    })
  })

  test('waits as long as the profile says, and writes settings only with consent', () => {
    const profile = meter((text) =>
      text
        .replace('gap_us: 5000', 'gap_us: 5000, turnaround_ms: 20, warmup_s: 1.5')
        .replace(
          '\n  on_illegal',
          '\n  setup: [{ table: holding, addr: 28, type: f32, expect: 1, write: 1, consent: installer, why: x }]\n  on_illegal',
        ),
    )
    const { address } = device(profile, { bus: 'b' })
    expect(address).toMatchObject({
      timing: { turnaroundMs: 20, warmupMs: 1500, gapMs: 5 },
      setup: [{ addr: 28, count: 2, fc: 16, expect: 1, write: 1, consented: false }],
    })
    expect(device(profile, { bus: 'b', setup: 'consented' }).address).toMatchObject({
      setup: [{ consented: true }],
    })
  })

  test('knows the variants that tell themselves by registers', () => {
    const profile = meter((text) =>
      text.replace(
        '\nalarms:',
        '\nvariants:\n  mega: { select: identify, modbus: { identify: [{ table: holding, addr: 30, type: f32, in: [2], why: m }] } }\n\nalarms:',
      ),
    )
    const names = (variant?: string) => {
      const { address } = device(profile, { bus: 'b', ...(variant === undefined ? {} : { variant }) })
      return 'otherVariants' in address
        ? address.otherVariants.map(({ name, identify }) => [name, identify[0]?.accepts])
        : []
    }
    expect(names()).toEqual([['mega', [2]]])
    expect(names('mega')).toEqual([['default', [0]]])
  })

  test.each<[string, string, string]>([
    [
      'an unsigned temperature',
      '{ kind: num, unit: Cel, from: { table: holding, addr: 8, type: u16 } }',
      'a temperature can be below zero',
    ],
    [
      'a half of two registers',
      '{ kind: num, from: { table: holding, addr: 8, type: u32, byte: hi } }',
      'only of one register',
    ],
    [
      'a sentinel of single bits',
      '{ kind: bool, missing: [1], from: { table: holding, addr: 8, type: u16, bits: { pos: 0, len: 1 } } }',
      'missing speaks of whole registers',
    ],
    [
      'a scaled point that is written',
      '{ kind: num, from: { table: holding, addr: 8, type: u16 }, scale_from: { table: holding, addr: 9, type: u16, map: [[0, 1]] }, write: { to: { table: holding, addr: 8 }, range: { min: 0, max: 1 }, readback: none, risk: low } }',
      'cannot be written',
    ],
  ])('refused: %s', (_name, text, message) => {
    expect(() => testPoint(text)).toThrow(message)
  })
  test('an unsigned temperature may be meant', () => {
    const text =
      '{ kind: num, unit: Cel, allow_unsigned: true, from: { table: holding, addr: 8, type: u16 } }'
    expect(testPoint(text)).toBeDefined()
  })
  test('two halves of one register are two points, one half twice is not', () => {
    const half = (name: string, byte: string) =>
      `\n  x.${name}: { kind: num, from: { table: holding, addr: 8, type: u16, byte: ${byte} } }`
    const both = (a: string, b: string) => () =>
      meter((text) => text.replace('\nalarms:', `${half('a', a)}${half('b', b)}\n\nalarms:`))
    expect(both('hi', 'lo')).not.toThrow()
    expect(both('hi', 'hi')).toThrow('lies on the same holding 8 as x.a')
  })
  test('a counter of watt-hours in 32 bits deserves a look', () => {
    const text = point('{ kind: counter, unit: W.h, from: { table: holding, addr: 8, type: u32 } }')
    const { warnings } = parseProfile(
      text(shippedText('modbus/eastron.sdm630.yaml')),
      'modbus/eastron.sdm630.yaml',
    )
    expect(warnings).toEqual([
      {
        file: 'modbus/eastron.sdm630.yaml',
        line: expect.any(Number),
        path: 'points.x.test',
        message: expect.stringContaining('wrap'),
      },
    ])
  })
})

test.each<[string, string, string, string]>([
  ['a wildcard in place of the kind', '/DBIRTH/', '/+/', 'births, data and deaths by name'],
  ['another topic', 'spBv1.0/<group>/DDATA', 'spAv1.0/<group>/DDATA', 'births, data and deaths by name'],
  ['data that have to be whole', 'partial: true', 'partial: false', 'partial: true'],
  ['what a broker kept', 'retained: ignore', 'retained: use', 'retained: ignore'],
])('Sparkplug B is refused with %s', (_name, from, to, message) => {
  const file = 'mqtt/sparkplugb.sensor.yaml'
  expect(() => shippedProfile(file, (text) => text.replace(from, to))).toThrow(message)
})
