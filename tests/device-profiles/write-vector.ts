import type { Device, ModbusDevice, MqttDevice, OnvifDevice } from '#gateway/profiles/device.ts'
import type { Scalar } from '#gateway/profiles/point.ts'
import { encodeWrite } from '#gateway/southbound/modbus/encode.ts'
import { encodeCommand } from '#gateway/southbound/mqtt/encode.ts'
import { callOf } from '#gateway/southbound/onvif/write-target.ts'
import type { Vector } from './read-vector.ts'

/** What the gateway would put on the wire for a vector's write, or why it would not. */
export function sent(device: Device, vector: Vector): unknown {
  const [[id, value] = ['', '']] = Object.entries(vector.write ?? {})
  switch (device.protocol) {
    case 'modbus':
      return request(device, id, value)
    case 'mqtt':
      return message(device, id, value)
    case 'onvif':
      return call(device, id, value)
  }
}

function call({ points }: OnvifDevice, id: string, value: Scalar): unknown {
  const point = points.find((one) => one.id === id)
  const encoded = point === undefined ? undefined : callOf(point, value)
  return encoded?.ok ? { call: encoded.call, args: encoded.args } : encoded
}

function request({ points }: ModbusDevice, id: string, value: Scalar): unknown {
  const point = points.find((one) => one.id === id)
  const encoded = point === undefined ? undefined : encodeWrite(point, value)
  if (!encoded?.ok) return encoded
  const { fc, addr, words } = encoded.request
  return [{ fc, addr, words }]
}

function message({ points }: MqttDevice, id: string, value: Scalar): unknown {
  const point = points.find((one) => one.id === id)
  const encoded = point === undefined ? undefined : encodeCommand(point, value, 1)
  if (!encoded?.ok) return encoded
  const isText = point?.write !== undefined && 'text' in point.write.to.payload
  return { topic: encoded.topic, payload: isText ? encoded.payload : JSON.parse(encoded.payload) }
}

/** A payload that is text is written in a vector as YAML reads it best: 35 is "35". */
export function expectedSent(vector: Vector): unknown {
  if ('modbus_out' in vector) return vector.modbus_out
  if ('onvif_out' in vector) return vector.onvif_out
  if (!('mqtt_out' in vector) || vector.mqtt_out === undefined) return undefined
  const { topic, payload } = vector.mqtt_out
  return { topic, payload: typeof payload === 'object' ? payload : String(payload) }
}
