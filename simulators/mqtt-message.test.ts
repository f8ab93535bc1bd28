import { expect, test } from 'vitest'
import type { MqttPoint, MqttTopic } from '#gateway/profiles/device.ts'
import { commandedRaw, messageText, timeShown } from './mqtt-message.ts'

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
  expect(timeShown({ ptr: '/t', format: 'epoch_s', maxSkewMs: 0 }, at)).toBe(at - 456)
  expect(timeShown({ ptr: '/t', format: 'epoch_ms', maxSkewMs: 0 }, at)).toBe(at)
})

test('a command is read where the profile puts the value', () => {
  const target = {
    topic: 'a/set',
    qos: 1 as const,
    payload: { json: { state: { level: '$value' }, id: 'x' } },
  }
  expect(commandedRaw(target, '{"id":"x","state":{"level":42}}')).toBe(42)
  expect(commandedRaw(target, '{"id":"x"}')).toBeUndefined()
  expect(commandedRaw(target, 'not json')).toBeUndefined()
  expect(commandedRaw({ topic: 'a', qos: 0, payload: { text: '$value' } }, 'on')).toBe('on')
})
