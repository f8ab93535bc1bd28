import type { QualityCode } from '#contract/quality.ts'
import type { Value } from '#contract/sample.ts'
import { topicMatches } from '#gateway/broker/topic-filter.ts'
import type { Device, ModbusDevice, ModbusPoint, MqttDevice, OnvifDevice } from '#gateway/profiles/device.ts'
import type { DeviceInstance } from '#gateway/profiles/device-instance.ts'
import { decodeValue } from '#gateway/profiles/pipeline-values.ts'
import type { ModbusProfile, MqttProfile, OnvifProfile, Profile } from '#gateway/profiles/profile.ts'
import { resolveDevice } from '#gateway/profiles/resolve.ts'
import { decodeRegisters } from '#gateway/southbound/modbus/decode.ts'
import { planReads } from '#gateway/southbound/modbus/plan-reads.ts'
import { historyOf, readingsOf } from '#gateway/southbound/mqtt/decode.ts'
import { decodePayload } from '#gateway/southbound/mqtt/decode-payload.ts'
import { sourceTime } from '#gateway/southbound/mqtt/source-time.ts'
import { decodeEvent } from '#gateway/southbound/onvif/decode-event.ts'

export type Seen = { readonly value: Value; readonly quality: QualityCode; readonly t?: number }
export type Vector = Profile['tests'][number]

/** The device of a vector: the profile with whatever an instance needs. */
export function deviceOf(profile: Profile, { params = {}, variant }: Partial<Vector> = {}): Device {
  const where = { modbus: { bus: 'bus' }, mqtt: {}, onvif: { host: '127.0.0.1' } }[profile.protocol]
  const instance = {
    id: 'device-1',
    profile: profile.id,
    params: params as Record<string, string>,
    ...where,
    ...(variant === undefined ? {} : { variant }),
  }
  const { points } = resolved(profile, instance)
  // A vector proves what a profile says, also of points that are hidden until somebody looked.
  const confirmed = points.filter(({ hidden }) => hidden).map(({ id }) => id)
  return resolved(profile, { ...instance, confirmed })
}

function resolved(profile: Profile, instance: DeviceInstance): Device {
  const result = resolveDevice(profile, instance)
  if (!result.ok) throw new Error(`${profile.id}: ${JSON.stringify(result.problems)}`)
  return result.device
}

/** What the gateway makes of a vector's input, with the same code as in operation: plan, decode, steps. */
export function readVector(device: Device, vector: Vector): Map<string, Seen> {
  switch (device.protocol) {
    case 'modbus':
      return readModbus(device, vector as ModbusProfile['tests'][number])
    case 'mqtt':
      return readMqtt(device, vector as MqttProfile['tests'][number])
    case 'onvif':
      return readOnvif(device, vector as OnvifProfile['tests'][number])
  }
}

function readModbus(
  device: ModbusDevice,
  { modbus = [] }: ModbusProfile['tests'][number],
): Map<string, Seen> {
  const cells = new Map<string, number>()
  for (const { table, addr, words, bits } of modbus) {
    for (const [i, cell] of (words ?? bits ?? []).entries()) cells.set(`${table} ${addr + i}`, cell)
  }
  const seen = new Map<string, Seen>()
  for (const block of planReads(device.points, device.address)) {
    const answer = Array.from({ length: block.count }, (_, i) =>
      cells.get(`${block.table} ${block.addr + i}`),
    )
    for (const point of block.points) {
      const own = answer.slice(point.from.addr - block.addr).slice(0, point.from.count)
      if (own.includes(undefined)) continue
      const factor = factorOf(point, cells)
      if (factor === undefined) continue
      seen.set(point.id, decodeValue(decodeRegisters(own as number[], point.from), point, factor))
    }
  }
  return seen
}

/** What the device says in another register that its numbers are multiplied by. */
function factorOf({ scaleFrom }: ModbusPoint, cells: ReadonlyMap<string, number>): number | undefined {
  if (scaleFrom === undefined) return 1
  const { source, map } = scaleFrom
  const own = Array.from({ length: source.count }, (_, i) => cells.get(`${source.table} ${source.addr + i}`))
  if (own.includes(undefined)) return undefined
  const raw = decodeRegisters(own as number[], source)
  return map.find(([said]) => said === raw)?.[1]
}

/** What the gateway makes of the memory that a message brings along. */
export function readHistory(device: Device, vector: Vector): unknown {
  if (device.protocol !== 'mqtt') return undefined
  const { mqtt } = vector as MqttProfile['tests'][number]
  if (mqtt === undefined) return undefined
  const bytes = bytesOf(mqtt)
  return device.address.topics
    .filter(({ filter }) => topicMatches(filter, mqtt.topic))
    .flatMap((topic) => {
      const decoded = decodePayload(topic, bytes)
      return decoded.ok ? historyOf(device, topic, decoded, Date.now()) : []
    })
    .map(({ point, t, value }) => ({ point, t, value }))
}

type MqttVector = NonNullable<MqttProfile['tests'][number]['mqtt']>

function bytesOf({ payload, payload_text, payload_base64 }: MqttVector): Buffer {
  if (payload_base64 !== undefined) return Buffer.from(payload_base64, 'base64')
  return Buffer.from(payload_text ?? JSON.stringify(payload))
}

function readMqtt(device: MqttDevice, { mqtt }: MqttProfile['tests'][number]): Map<string, Seen> {
  if (mqtt === undefined) return new Map()
  const bytes = bytesOf(mqtt)
  const seen = new Map<string, Seen>()
  for (const topic of device.address.topics.filter(({ filter }) => topicMatches(filter, mqtt.topic))) {
    const decoded = decodePayload(topic, bytes)
    if (!decoded.ok) continue
    const t =
      device.address.time === undefined
        ? undefined
        : sourceTime(decoded.whole, device.address.time, Date.now())
    for (const one of readingsOf(device, topic, decoded, { t: t ?? 0, late: false })) {
      seen.set(one.point, { value: one.value, quality: one.quality, ...(t === undefined ? {} : { t }) })
    }
  }
  return seen
}

function readOnvif(device: OnvifDevice, { onvif }: OnvifProfile['tests'][number]): Map<string, Seen> {
  if (onvif === undefined) return new Map()
  return new Map(
    decodeEvent(onvif, device).map(({ point, value, quality }) => [point, { value, quality }] as const),
  )
}
