import sparkplug from 'sparkplug-payload'
import { expect, test } from 'vitest'
import { sparkplugPayload } from '#simulators/sparkplug-payload.ts'
import { decodeSparkplug, type SparkplugMetric, scalarOf } from './decode-sparkplug.ts'
import { rebirthRequest } from './sparkplug-topic.ts'

/** The reference implementation of the standard, Eclipse Tahu. */
const reference = sparkplug.get('spBv1.0')
if (reference === null) throw new Error('sparkplug-payload has no spBv1.0')
type Metrics = NonNullable<Parameters<typeof reference.encodePayload>[0]['metrics']>
const encoded = (metrics: Metrics): Uint8Array =>
  reference.encodePayload({ timestamp: 1_000, seq: 7, metrics })

function metricsIn(bytes: Uint8Array): readonly SparkplugMetric[] {
  const decoded = decodeSparkplug(bytes)
  if (!decoded.ok) throw new Error('refused')
  return decoded.payload.metrics
}

test.each<[Metrics[number]['type'], Metrics[number]['value'], unknown]>([
  ['Int8', -5, -5],
  ['Int16', -300, -300],
  ['Int32', -70_000, -70_000],
  ['Int64', -5_000_000_000, -5_000_000_000],
  ['UInt8', 200, 200],
  ['UInt16', 65_535, 65_535],
  ['UInt32', 4_294_967_295, 4_294_967_295],
  ['UInt64', 5_000_000_000, 5_000_000_000],
  ['Float', 22.5, 22.5],
  ['Double', 0.1, 0.1],
  ['Boolean', true, true],
  ['String', '教室', '教室'],
  ['DateTime', 1_767_600_000_000, 1_767_600_000_000],
  ['Int32', null, null],
])('a %s of %s is read as the reference wrote it', (type, value, expected) => {
  const [metric] = metricsIn(encoded([{ name: 'a/b', type, value }]))
  expect(metric?.name).toBe('a/b')
  expect(scalarOf(metric?.value, metric?.datatype)).toBe(expected)
})

test('alias, time, history and quality are read; what no point has is no value', () => {
  const bytes = encoded([
    {
      ...{ alias: 300, timestamp: 1_767_600_000_123, type: 'Float', value: 1, isHistorical: true },
      properties: {
        engUnit: { type: 'String', value: '°C' },
        Quality: { type: 'Int32', value: 500 },
      },
    },
    { name: 'raw', type: 'Bytes', value: Uint8Array.of(1, 2) },
  ])
  expect(metricsIn(bytes)).toMatchObject([
    { alias: 300n, t: 1_767_600_000_123, isHistorical: true, quality: 500, value: 1 },
    { name: 'raw', isHistorical: false, value: undefined },
  ])
})

test('the simulator and the request for a birth speak as the reference understands', () => {
  const metrics = [
    { name: 'a', alias: 1, t: 2_000, as: 'number', value: -21.5 },
    { name: 'b', alias: 2, t: 2_000, as: 'bool', value: true },
    { name: 'c', alias: 3, t: 2_000, as: 'text', value: '教室' },
    { name: 'd', alias: 4, t: 2_000, as: 'number', value: null },
  ] as const
  const { metrics: read = [], seq } = reference.decodePayload(
    sparkplugPayload({ t: 1_000, seq: 255, metrics }),
  )
  expect(Number(seq)).toBe(255)
  expect(read?.map(({ name, type, value }) => [name, type, value])).toEqual([
    ['a', 'Double', -21.5],
    ['b', 'Boolean', true],
    ['c', 'String', '教室'],
    ['d', 'Double', null],
  ])
  const request = reference.decodePayload(rebirthRequest(1_767_600_000_123))
  expect(Number(request.timestamp)).toBe(1_767_600_000_123)
  expect(request.metrics).toMatchObject([{ name: 'Node Control/Rebirth', type: 'Boolean', value: true }])
})

test('cut, flipped and random bytes are refused or read, and never throw', () => {
  const whole = Buffer.from(
    encoded([
      {
        name: 'temperature',
        alias: 1,
        type: 'Float',
        value: 22.5,
        properties: { Quality: { type: 'Int32', value: 0 } },
      },
      { name: 'text', alias: 2, type: 'String', value: 'x'.repeat(40) },
    ]),
  )
  let refused = 0
  const look = (bytes: Uint8Array): void => {
    if (!decodeSparkplug(bytes).ok) refused++
  }
  for (let length = 0; length < whole.length; length++) look(whole.subarray(0, length))
  for (let i = 0; i < whole.length * 8; i++) {
    const flipped = Buffer.from(whole)
    flipped[i >> 3] = (flipped[i >> 3] ?? 0) ^ (1 << (i & 7))
    look(flipped)
  }
  let state = 1
  for (let n = 0; n < 5_000; n++) {
    const bytes = Uint8Array.from({ length: n % 80 }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      return state >> 16
    })
    look(bytes)
  }
  expect(refused).toBeGreaterThan(1_000)
  // A length that promises four gigabytes, a varint without end, more metrics than a device has.
  expect(decodeSparkplug(Uint8Array.of(0x12, 0xff, 0xff, 0xff, 0xff, 0x0f)).ok).toBe(false)
  expect(decodeSparkplug(new Uint8Array(60).fill(0xff)).ok).toBe(false)
  expect(decodeSparkplug(Uint8Array.from({ length: 20_000 }, (_, i) => (i % 2 === 0 ? 0x12 : 0))).ok).toBe(
    false,
  )
})
