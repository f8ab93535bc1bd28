import { expect, test } from 'vitest'
import type { MqttDevice, MqttPoint, MqttTarget } from '#gateway/profiles/device.ts'
import { answerTo, ordersIn } from './mqtt-command.ts'

function writable(
  id: string,
  to: MqttTarget,
  more: Partial<MqttPoint> & { values?: [string | boolean, unknown][] } = {},
): MqttPoint {
  const { values, ...rest } = more
  return {
    ...{ id, kind: 'num', unit: '1', title: { en: id }, confidence: 'high', steps: [] },
    report: { deadband: 0, minIntervalMs: 0, maxIntervalMs: 1000, onChange: true },
    write: { to, minIntervalMs: 0, risk: 'low', ...(values === undefined ? {} : { values }) },
    ...rest,
  }
}

const orders = (points: MqttPoint[], topic: string, message: string) =>
  ordersIn({ points } as unknown as MqttDevice, topic, message).map(({ point, value }) => [point, value])

function rpc(id: number): MqttTarget {
  return {
    ...{ topic: 'shelly/rpc', qos: 1 },
    payload: { json: { id: '$seq', method: 'Switch.Set', params: { id, on: '$value' } } },
    ack: {
      topic: 'gw/rpc',
      match: { ptr: '/id', equals: '$seq' },
      errorPtr: '/error/message',
      withinMs: 1000,
    },
  }
}

test('a message is for the point whose template it fits', () => {
  const points = [writable('relay.1', rpc(0)), writable('relay.2', rpc(1))]
  const message = '{"id":7,"src":"gw","method":"Switch.Set","params":{"id":1,"on":true}}'
  expect(orders(points, 'shelly/rpc', message)).toEqual([['relay.2', true]])
  expect(orders(points, 'shelly/other', message)).toEqual([])
  expect(orders(points, 'shelly/rpc', 'not json')).toEqual([])
  expect(orders(points, 'shelly/rpc', '{"id":7,"method":"Switch.Get","params":{"id":1}}')).toEqual([])
})

test('words and whole objects of the profile', () => {
  const text: MqttTarget = { topic: 'a/set', qos: 0, payload: { text: '$value' } }
  const words: [boolean, unknown][] = [
    [true, 'ON'],
    [false, 'OFF'],
  ]
  expect(orders([writable('on', text, { values: words })], 'a/set', 'ON')).toEqual([['on', true]])
  expect(orders([writable('on', text, { values: words })], 'a/set', 'on')).toEqual([])
  const down: MqttTarget = { topic: 'a/set', qos: 0, payload: { json: { fPort: 85, object: '$value' } } }
  const objects: [boolean, unknown][] = [[false, { socket: 'off' }]]
  const message = '{"fPort":85,"object":{"socket":"off"}}'
  expect(orders([writable('on', down, { values: objects })], 'a/set', message)).toEqual([['on', false]])
})

test('a number goes back through the steps, also one that comes as text', () => {
  const text: MqttTarget = { topic: 'a/set', qos: 0, payload: { text: '$value' } }
  const steps = [{ op: 'transform', name: 'lin254' }] as const
  expect(orders([writable('level', text, { steps })], 'a/set', '127')).toEqual([['level', 50]])
})

test('the answer carries the number of the question, and why not', () => {
  const [order] = ordersIn(
    { points: [writable('relay.1', rpc(0))] } as unknown as MqttDevice,
    'shelly/rpc',
    '{"id":7,"method":"Switch.Set","params":{"id":0,"on":true}}',
  )
  if (order === undefined) throw new Error('no order')
  expect(answerTo(order)).toEqual({ topic: 'gw/rpc', text: '{"id":7}' })
  expect(answerTo(order, 'busy')).toEqual({ topic: 'gw/rpc', text: '{"id":7,"error":{"message":"busy"}}' })
})
