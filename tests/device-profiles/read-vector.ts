import type { QualityCode } from '#contract/quality.ts'
import type { Value } from '#contract/sample.ts'
import { topicMatches } from '#gateway/broker/topic-filter.ts'
import type { Device, ModbusDevice, MqttDevice } from '#gateway/profiles/device.ts'
import { decodeValue } from '#gateway/profiles/pipeline-values.ts'
import type { ModbusProfile, MqttProfile, Profile } from '#gateway/profiles/profile.ts'
import { resolveDevice } from '#gateway/profiles/resolve.ts'
import { decodeRegisters } from '#gateway/southbound/modbus/decode.ts'
import { planReads } from '#gateway/southbound/modbus/plan-reads.ts'
import { decodePayload, readingsOf, sourceTime } from '#gateway/southbound/mqtt/decode.ts'

export type Seen = { readonly value: Value; readonly quality: QualityCode; readonly t?: number }
export type Vector = Profile['tests'][number]

/** The device of a vector: the profile with whatever an instance needs. */
export function deviceOf(profile: Profile, params: Record<string, unknown> = {}): Device {
  const where = profile.protocol === 'modbus' ? { bus: 'bus' } : {}
  const instance = { id: 'device-1', profile: profile.id, params: params as Record<string, string>, ...where }
  const resolved = resolveDevice(profile, instance)
  if (!resolved.ok) throw new Error(`${profile.id}: ${JSON.stringify(resolved.problems)}`)
  return resolved.device
}

/** What the gateway makes of a vector's input, with the same code as in operation: plan, decode, steps. */
export function readVector(device: Device, vector: Vector): Map<string, Seen> {
  return device.protocol === 'modbus'
    ? readModbus(device, vector as ModbusProfile['tests'][number])
    : readMqtt(device, vector as MqttProfile['tests'][number])
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
      seen.set(point.id, decodeValue(decodeRegisters(own as number[], point.from), point))
    }
  }
  return seen
}

function readMqtt(device: MqttDevice, { mqtt }: MqttProfile['tests'][number]): Map<string, Seen> {
  if (mqtt === undefined) return new Map()
  const bytes = Buffer.from(mqtt.payload_text ?? JSON.stringify(mqtt.payload))
  const seen = new Map<string, Seen>()
  for (const topic of device.address.topics.filter(({ filter }) => topicMatches(filter, mqtt.topic))) {
    const decoded = decodePayload(topic, bytes)
    if (!decoded.ok) continue
    const t =
      device.address.time === undefined ? undefined : sourceTime(decoded, device.address.time, Date.now())
    for (const one of readingsOf(device, topic, decoded, { t: t ?? 0, late: false })) {
      seen.set(one.point, { value: one.value, quality: one.quality, ...(t === undefined ? {} : { t }) })
    }
  }
  return seen
}
