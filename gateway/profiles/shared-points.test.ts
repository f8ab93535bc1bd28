import { expect, test } from 'vitest'
import { shippedProfile } from './fixtures/shipped-profile.ts'
import { resolveDevice } from './resolve.ts'

function points(profile: Parameters<typeof resolveDevice>[0], instance: object) {
  const resolved = resolveDevice(profile, { id: 'device-1', profile: profile.id, ...instance })
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.problems))
  return resolved.device.points
}

test('equal devices share one list of points, which nobody can change', () => {
  const lux = shippedProfile('mqtt/zigbee2mqtt.illuminance.yaml')
  const one = points(lux, { id: 'lux-1', params: { name: 'a' } })
  expect(points(lux, { id: 'lux-2', params: { name: 'b' } })).toBe(one)
  expect(Object.isFrozen(one)).toBe(true)
  expect(Object.isFrozen(one[0]?.steps)).toBe(true)
})

test('what a parameter or a check changes is not shared', () => {
  const relay = shippedProfile('modbus/waveshare.relay8.yaml', (text) =>
    text
      .replace(
        'category: relay',
        'category: relay\nparams: {used: {type: int_set, min: 0, max: 7, default: [1]}}',
      )
      .replace('n: { first: 1, last: 8 }', 'n: { param: used }')
      .replace('relay.3: { value: true }', '')
      .replace('relay.2: { value: false }', '')
      .replaceAll('relay.4', 'relay.1')
      .replace('addr: 3', 'addr: 1')
      .replace('confidence: medium', 'confidence: low'),
  )
  const one = points(relay, { bus: 'b', params: { used: [1, 2] } })
  expect(points(relay, { bus: 'c', unit: 7, params: { used: [1, 2] } })).toBe(one)
  expect(points(relay, { bus: 'b', params: { used: [3] } })).not.toBe(one)
  const confirmed = points(relay, { bus: 'b', params: { used: [1, 2] }, confirmed: ['input.<n>'] })
  expect(one.filter(({ hidden }) => hidden)).toHaveLength(8)
  expect(confirmed.filter(({ hidden }) => hidden)).toEqual([])
})

test('a topic that is written to is not shared between devices of different names', () => {
  const lamp = shippedProfile('mqtt/zigbee2mqtt.illuminance.yaml', (text) =>
    text
      .replace(
        '\npoints:',
        '\n  commands: {set: {topic: "<base>/<name>/set", qos: 1, retain: false, payload: {json: {brightness: $value}}}}\n\npoints:',
      )
      .replace(
        'points:\n  illuminance:',
        'points:\n  light.level: { from: { topic: state, ptr: /brightness, as: number }, write: { command: set, range: {min: 0, max: 100}, readback: {within: 2s}, risk: low } }\n  illuminance:',
      )
      .replace(
        '\ntests:',
        '\ntests:\n  - { name: half, params: {name: a}, write: {light.level: 50}, mqtt_out: {topic: zigbee2mqtt/a/set, payload: {brightness: 50}} }',
      ),
  )
  const one = points(lamp, { params: { name: 'a' } })
  const two = points(lamp, { params: { name: 'b' } })
  expect(two).not.toBe(one)
  expect(two[0]?.write?.to).toMatchObject({ topic: 'zigbee2mqtt/b/set' })
})
