import { describe, expect, test } from 'vitest'
import { qualityCodes } from '#contract/quality.ts'
import type { MqttAvailability, MqttDevice, MqttPoint, MqttTopic } from '#gateway/profiles/device.ts'
import { hasRoomForPoints, readingsOf } from './decode.ts'
import { availabilityOf, decodePayload } from './decode-payload.ts'
import { encodeCommand } from './encode.ts'
import { valueAtPointer } from './json-pointer.ts'
import { sourceTime } from './source-time.ts'

const json: MqttTopic = {
  ...{ id: 'state', filter: 'z/lux-1', codec: 'json', root: '', require: [], retained: 'use' },
  ...{ partial: true, maxBytes: 200, qos: 1 },
}
const bytes = (text: string): Uint8Array => Buffer.from(text)

describe('decodePayload', () => {
  test.each<[string, Partial<MqttTopic>, Uint8Array, unknown]>([
    ['json', {}, bytes('{"a":1}'), { ok: true, root: { a: 1 } }],
    ['json below its root', { root: '/object' }, bytes('{"object":{"a":1}}'), { ok: true, root: { a: 1 } }],
    ['text', { codec: 'text' }, bytes('on'), { ok: true, root: 'on' }],
    ['a number', { codec: 'number' }, bytes(' 21.5\n'), { ok: true, root: 21.5 }],
    ['no number', { codec: 'number' }, bytes('warm'), { ok: false, reason: 'not-a-number' }],
    ['an empty number', { codec: 'number' }, bytes(''), { ok: false, reason: 'not-a-number' }],
    ['garbage', {}, bytes('\u0000{"not": json'), { ok: false, reason: 'not-json' }],
    ['half a message', {}, bytes('{"a":'), { ok: false, reason: 'not-json' }],
    ['an empty payload', {}, bytes(''), { ok: false, reason: 'not-json' }],
    ['bytes that are no text', {}, Uint8Array.from([0xff, 0xfe]), { ok: false, reason: 'not-utf8' }],
    ['too much', {}, bytes(`"${'x'.repeat(200)}"`), { ok: false, reason: 'too-large' }],
    ['a missing root', { root: '/object' }, bytes('{"a":1}'), { ok: false, reason: 'no-root' }],
    ['an inherited root', { root: '/constructor' }, bytes('{}'), { ok: false, reason: 'no-root' }],
    [
      'a message without what makes it readable',
      { require: [{ ptr: '/object', exists: true }] },
      bytes('{"data":""}'),
      { ok: false, reason: 'incomplete', at: '/object' },
    ],
    [
      'one of several kinds',
      { require: [{ ptr: '/method', in: ['NotifyStatus', 'NotifyFullStatus'] }] },
      bytes('{"method":"NotifyFullStatus"}'),
      { ok: true },
    ],
    [
      'none of several kinds',
      { require: [{ ptr: '/method', in: ['NotifyStatus', 'NotifyFullStatus'] }] },
      bytes('{"method":"NotifyEvent"}'),
      { ok: false, reason: 'not-this-kind', at: '/method' },
    ],
    [
      'another type',
      { require: [{ ptr: '/type', equals: 'up' }] },
      bytes('{"type":"join"}'),
      { ok: false, reason: 'not-this-kind' },
    ],
  ])('%s', (_name, fields, payload, expected) => {
    expect(decodePayload({ ...json, ...fields }, payload)).toMatchObject(expected as object)
  })
})

describe('sourceTime', () => {
  const now = Date.UTC(2026, 0, 5, 12)
  const at = (time: unknown, format: 'rfc3339' | 'epoch_s' | 'epoch_ms' | 'local' | 'auto') =>
    sourceTime({ time }, { ptr: '/time', format, maxSkewMs: 60_000 }, now)
  test.each([
    ['2026-01-05T11:59:00Z', 'rfc3339', Date.UTC(2026, 0, 5, 11, 59)],
    ['2026-01-05T19:59:00.123456+08:00', 'rfc3339', Date.UTC(2026, 0, 5, 11, 59, 0, 123)],
    ['2026-01-05T11:59:00', 'rfc3339', undefined],
    ['yesterday', 'rfc3339', undefined],
    ['2026-01-05T11:59:00', 'local', new Date(2026, 0, 5, 11, 59).getTime()],
    ['2026-01-05T11:59:00Z', 'local', undefined],
    [1_767_614_340, 'epoch_s', 1_767_614_340_000],
    [1_767_614_340_123, 'epoch_ms', 1_767_614_340_123],
    ['1767614340123', 'epoch_ms', undefined],
    [1_767_614_340_123, 'auto', 1_767_614_340_123],
    ['2026-01-05T11:59:00Z', 'auto', Date.UTC(2026, 0, 5, 11, 59)],
  ] as const)('%s as %s', (time, format, expected) => {
    expect(at(time, format)).toBe(expected)
  })
  test('an old time is kept, a future or impossible one is not', () => {
    expect(at(now - 86_400_000, 'epoch_ms')).toBe(now - 86_400_000)
    expect(at(now + 60_000, 'epoch_ms')).toBe(now + 60_000)
    expect(at(now + 60_001, 'epoch_ms')).toBeUndefined()
    expect(at(12_345, 'epoch_ms')).toBeUndefined()
    expect(at(undefined, 'auto')).toBeUndefined()
  })
})

const base = { unit: '1', title: {}, confidence: 'high', steps: [] } as const
const report = { deadband: 0, minIntervalMs: 0, maxIntervalMs: 60_000, onChange: true }
const points: MqttPoint[] = [
  {
    ...base,
    report,
    id: 'illuminance',
    kind: 'num',
    from: { topic: 'state', ptr: '/illuminance', as: 'number' },
  },
  {
    ...{ ...base, report, id: 'light.on', kind: 'bool', from: { topic: 'state', ptr: '/state', as: 'text' } },
    steps: [
      {
        op: 'map',
        pairs: [
          ['ON', true],
          ['OFF', false],
        ],
      },
    ],
    write: {
      to: {
        topic: 'z/lux-1/set',
        qos: 1,
        payload: { json: { state: '$value', n: '$seq', fixed: ['$values', 1] } },
      },
      values: [
        [true, 'ON'],
        [false, 'OFF'],
      ],
      minIntervalMs: 0,
      risk: 'low',
    },
  },
]
const device = { id: 'lux-1', points } as unknown as MqttDevice

describe('readingsOf', () => {
  const read = (root: unknown, fields: Partial<MqttTopic> = {}) =>
    readingsOf(device, { ...json, ...fields }, { whole: root, root }, { t: 5, late: false })

  test('values become readings with their quality', () => {
    expect(read({ illuminance: 300, state: 'ON', other: 1 })).toEqual([
      { device: 'lux-1', point: 'illuminance', t: 5, value: 300, quality: qualityCodes.good },
      { device: 'lux-1', point: 'light.on', t: 5, value: true, quality: qualityCodes.good },
    ])
  })
  test('what a partial message leaves out is no reading; elsewhere it is missing', () => {
    expect(read({ illuminance: 300 })).toHaveLength(1)
    expect(read({ illuminance: 300 }, { partial: false })[1]?.quality).toBe(qualityCodes['bad:missing'])
  })
  test.each([
    [{ illuminance: null }, 'bad:missing'],
    [{ illuminance: '300' }, 'bad:decode'],
    [{ illuminance: { v: 300 } }, 'bad:decode'],
    [{ state: 'BLINK' }, 'bad:map'],
  ] as const)('%o gives %s', (root, quality) => {
    expect(read(root)).toMatchObject([{ value: null, quality: qualityCodes[quality] }])
  })
  test('history is marked', () => {
    expect(
      readingsOf(device, json, { whole: {}, root: { illuminance: 1 } }, { t: 5, late: true }),
    ).toMatchObject([{ late: true }])
  })
})

describe('hasRoomForPoints', () => {
  const has = (root: unknown, ptr: string, fields: Partial<MqttTopic> = {}) => {
    const [point] = points.map((one) => ({ ...one, from: { topic: 'state', ptr, as: 'number' } as const }))
    const reading = { ...device, points: point === undefined ? [] : [point] }
    return hasRoomForPoints(reading, { ...json, ...fields }, { whole: root, root })
  }
  test.each<[unknown]>([[[]], [[{ illuminance: 1 }]], ['text'], [3], [true], [null]])(
    '%j has none for a point below the root',
    (root) => expect(has(root, '/illuminance')).toBe(false),
  )
  test('an object has, whatever is in it', () => expect(has({}, '/illuminance')).toBe(true))
  test('a point may read the root itself, or an item of a list', () => {
    expect(has(3, '')).toBe(true)
    expect(has([{ v: 1 }], '/0/v')).toBe(true)
    expect(has(3, '/0/v')).toBe(false)
  })
  test('a topic without points, or of another codec, is not judged', () => {
    expect(hasRoomForPoints({ ...device, points: [] }, json, { whole: 3, root: 3 })).toBe(true)
    expect(has('on', '', { codec: 'text' })).toBe(true)
    expect(has(21.5, '/ignored', { codec: 'number' })).toBe(true)
  })
})

test('a command carries the value as the device wants it, typed, and nothing else is touched', () => {
  const [, light] = points
  if (light === undefined) throw new Error('no point')
  expect(encodeCommand(light, true, 7)).toEqual({
    ok: true,
    topic: 'z/lux-1/set',
    qos: 1,
    payload: '{"state":"ON","n":7,"fixed":["$values",1]}',
  })
  expect(encodeCommand(light, 'ON', 7)).toMatchObject({ ok: false })
})

describe('availabilityOf', () => {
  const source: MqttAvailability = {
    topic: 'a',
    ptr: '/state',
    online: ['online'],
    offline: ['offline', false],
  }
  test.each([
    ['{"state":"online"}', 'online'],
    ['online', 'online'],
    ['"offline"', 'offline'],
    ['false', 'offline'],
    ['{"state":"maybe"}', undefined],
    ['{', undefined],
  ])('%s is %s', (text, expected) => {
    expect(availabilityOf(source, bytes(text))).toBe(expected)
  })
})

test.each([
  ['', { a: 1 }, { a: 1 }],
  ['/a/b', { a: { b: 2 } }, 2],
  ['/rx/0/rssi', { rx: [{ rssi: -80 }] }, -80],
  ['/a~1b/~0', { 'a/b': { '~': 3 } }, 3],
  ['/a/b', { a: 1 }, undefined],
  ['/__proto__', {}, undefined],
  ['/length', 'text', undefined],
])('pointer %s into %o', (pointer, document, expected) => {
  expect(valueAtPointer(document, pointer)).toEqual(expected)
})
