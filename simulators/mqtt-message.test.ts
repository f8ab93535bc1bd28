import { expect, test } from 'vitest'
import type { MqttPoint, MqttTopic } from '#gateway/profiles/device.ts'
import { messageText, timeShown } from './mqtt-message.ts'

const at = Date.UTC(2026, 0, 5, 1, 2, 3, 456)

const topic: MqttTopic = {
  id: 'state',
  filter: 'zigbee2mqtt/lux-1',
  codec: 'json',
  root: '/object',
  require: [{ ptr: '/kind', equals: 'lux' }],
  retained: 'use',
  partial: true,
  maxBytes: 4096,
  qos: 1,
}

function point(id: string, ptr: string): MqttPoint {
  return {
    id,
    kind: 'num',
    unit: 'lx',
    title: { en: id },
    confidence: 'high',
    from: { topic: 'state', ptr, as: 'number' },
    steps: [{ op: 'linear', mul: 2, div: 1, add: 0 }],
    report: { deadband: 0, minIntervalMs: 0, maxIntervalMs: 900_000, onChange: true },
  }
}

test('a message has its values, its time and its marks where the profile says', () => {
  const text = messageText({
    topic,
    points: [point('illuminance', '/lux'), point('battery', '/power/battery')],
    readPoint: (id) => (id === 'illuminance' ? 600 : null),
    time: { ptr: '/last_seen', format: 'rfc3339', maxSkewMs: 1000 },
    t: at,
  })
  expect(JSON.parse(text)).toEqual({
    kind: 'lux',
    last_seen: '2026-01-05T01:02:03.456Z',
    object: { lux: 300, power: { battery: null } },
  })
})

test('a plain topic has only its value', () => {
  const plain = { ...topic, codec: 'number' as const }
  expect(messageText({ topic: plain, points: [point('illuminance', '')], readPoint: () => 8, t: at })).toBe(
    '4',
  )
})

test('a device that counts seconds has no milliseconds', () => {
  expect(timeShown({ format: 'epoch_s' }, at)).toBe(at - 456)
  expect(timeShown({ format: 'epoch_ms' }, at)).toBe(at)
})

test('lists, numbers of its own, marks and history', () => {
  const text = messageText({
    topic: {
      ...topic,
      root: '',
      require: [
        { ptr: '/object', exists: true },
        { ptr: '/kind', in: ['a', 'b'] },
      ],
    },
    points: [point('rssi', '/rxInfo/1/rssi')],
    readPoint: () => -80,
    // What marks the message stays what it is.
    number: { ptr: ['/deduplicationId', '/fCnt', '/event/ts', '/kind'], value: 7 },
    history: [{ ptr: '/past', entries: [{ v: 1 }] }],
    t: at,
  })
  expect(JSON.parse(text)).toEqual({
    kind: 'a',
    object: {},
    deduplicationId: 'message-7',
    fCnt: 7,
    event: { ts: at / 1000 },
    rxInfo: [null, { rssi: -40 }],
    past: [{ v: 1 }],
  })
})
