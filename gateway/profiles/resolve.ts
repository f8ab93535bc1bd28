import { parseDuration } from '#lib/quantity.ts'
import type { Device, MqttDevice, ReportRule, ResolvedPoint, ResolvedWrite } from './device.ts'
import type { DeviceInstance } from './device-instance.ts'
import { type Expanded, expandPoints, fill } from './expand.ts'
import { meaningOf } from './meaning.ts'
import { checkParams, type ParamValues } from './params.ts'
import type { ModbusProfile, MqttProfile, Profile } from './profile.ts'
import { modbusAddress, modbusEnds, modbusPollMs } from './resolve-modbus.ts'
import { mqttAddress, mqttEnds } from './resolve-mqtt.ts'
import type { SimHint } from './sim-hints.ts'
import { stepsOf } from './steps.ts'

/** `path` is relative to the instance: `['params', 'name']`. */
export type InstanceProblem = { readonly path: readonly string[]; readonly message: string }
export type Resolved =
  | { readonly ok: true; readonly device: Device }
  | { readonly ok: false; readonly problems: readonly InstanceProblem[] }

type Fields = Profile['points'][string]
type Ends<From, To> = { readonly from?: From; readonly to?: To }

/** Heartbeat of a point whose profile names none. */
const defaultMaxIntervalMs = 300_000

/** A profile applied to one installed device, or everything that is wrong with the instance. Pure. */
export function resolveDevice(profile: Profile, instance: DeviceInstance): Resolved {
  const { values, problems: wrong } = checkParams(profile.params ?? {}, instance.params ?? {})
  const problems = wrong.map(({ name, message }): InstanceProblem => ({ path: ['params', name], message }))
  problems.push(...(profile.protocol === 'modbus' ? addressProblems(profile, instance) : needless(instance)))
  // A number from a parameter can lead to a name that means nothing: voltage.l7.
  const unknown = expandPoints(profile, values).filter(
    ({ id, fields }) => meaningOf(id, fields) === undefined,
  )
  problems.push(
    ...unknown.map(({ id }) => ({ path: ['params'], message: `leads to an unknown point ${id}` })),
  )
  if (problems.length > 0) return { ok: false, problems }
  const device =
    profile.protocol === 'modbus' ? modbus(profile, instance, values) : mqtt(profile, instance, values)
  return { ok: true, device }
}

function modbus(profile: ModbusProfile, instance: DeviceInstance, params: ParamValues): Device {
  const address = modbusAddress(profile, {
    bus: instance.bus ?? '',
    unit: instance.unit ?? profile.modbus.unit.default,
  })
  const points = expandPoints(profile, params).map((one) => {
    const pollMs = modbusPollMs(one.fields, profile)
    const point = pointOf(one, profile, { params, ends: modbusEnds(one, profile) })
    const staleAfterMs =
      silenceMs(profile) ?? (pollMs === undefined ? undefined : Math.max(3 * pollMs, 10_000))
    return { ...point, ...optional({ pollMs, staleAfterMs }) }
  })
  return { ...baseOf(profile, instance), protocol: 'modbus', address, points }
}

function mqtt(profile: MqttProfile, instance: DeviceInstance, params: ParamValues): MqttDevice {
  const points = expandPoints(profile, params).map((one) => {
    const point = pointOf(one, profile, { params, ends: mqttEnds(one, profile, params) })
    return { ...point, ...optional({ staleAfterMs: silenceMs(profile) }) }
  })
  return { ...baseOf(profile, instance), protocol: 'mqtt', address: mqttAddress(profile, params), points }
}

function baseOf(profile: Profile, instance: DeviceInstance) {
  const { availability = {} } = profile
  return {
    id: instance.id,
    profile,
    title: instance.title ?? profile.title,
    vendor: profile.vendor,
    model: instance.model ?? profile.models[0] ?? '',
    category: profile.category,
    alarms: [],
    failAfter: availability.fail_after ?? 3,
    recoverAfter: availability.recover_after ?? 1,
    ...optional({ location: instance.location, silenceMs: silenceMs(profile) }),
  }
}

type PointContext<From, To> = { readonly params: ParamValues; readonly ends: Ends<From, To> }

function pointOf<From, To>(
  one: Expanded<Fields>,
  profile: Profile,
  { params, ends }: PointContext<From, To>,
): ResolvedPoint<From, To> {
  const { id, fields } = one
  const meaning = meaningOf(id, fields)
  if (meaning === undefined) throw new Error(`${profile.id}: ${id} has no meaning; resolveDevice refuses it`)
  return {
    id,
    kind: meaning.kind,
    unit: meaning.unit,
    title: titleOf(one, meaning.title),
    confidence: fields.confidence ?? 'high',
    steps: stepsOf(fields, meaning, params),
    report: reportOf(fields, meaning.kind),
    ...optional({ from: ends.from, write: writeOf(one, ends.to), sim: simOf(one, profile) }),
  }
}

function titleOf({ fields, n }: Expanded<Fields>, fallback: Fields['title'] & object) {
  const { title } = fields
  if (title === undefined) return fallback
  const filled = (text: string) => (n === undefined ? text : fill(text, n))
  return Object.fromEntries(Object.entries(title).map(([language, text]) => [language, filled(text)]))
}

function reportOf({ report = {} }: Fields, kind: ResolvedPoint['kind']): ReportRule {
  const fallbackMs = kind === 'event' ? 0 : defaultMaxIntervalMs
  return {
    deadband: report.deadband ?? 0,
    minIntervalMs: report.min_interval === undefined ? 0 : parseDuration(report.min_interval),
    maxIntervalMs: report.max_interval === undefined ? fallbackMs : parseDuration(report.max_interval),
    onChange: report.on_change ?? true,
  }
}

function writeOf<To>({ id, fields }: Expanded<Fields>, to: To | undefined): ResolvedWrite<To> | undefined {
  const { write } = fields
  if (write === undefined || to === undefined) return undefined
  const { readback } = write
  return {
    to,
    minIntervalMs: write.min_interval === undefined ? 0 : parseDuration(write.min_interval),
    risk: write.risk,
    ...optional({
      values: write.values as ResolvedWrite['values'],
      range: write.range,
      options: write.options,
      role: write.role,
      readback:
        readback === 'none'
          ? undefined
          : {
              withinMs: parseDuration(readback.within),
              tolerance: readback.tolerance ?? 0,
              point: readback.point ?? id,
            },
    }),
  }
}

/** A hint may name one point or its whole template; points it refers to are repeated with it. */
function simOf({ id, template, n }: Expanded<Fields>, { sim }: Profile): SimHint | undefined {
  const hint = sim?.points[id] ?? sim?.points[template]
  if (hint === undefined || n === undefined) return hint
  return JSON.parse(fill(JSON.stringify(hint), n)) as SimHint
}

function silenceMs({ availability }: Profile): number | undefined {
  return availability?.silence === undefined ? undefined : parseDuration(availability.silence)
}

function addressProblems({ modbus }: ModbusProfile, { bus, unit }: DeviceInstance): InstanceProblem[] {
  const { default: usual, min, max } = modbus.unit
  const problems: InstanceProblem[] = []
  if (bus === undefined)
    problems.push({ path: ['bus'], message: 'missing; expected the id of an entry of buses' })
  if ((unit ?? usual) < min || (unit ?? usual) > max) {
    problems.push({ path: ['unit'], message: `expected an integer from ${min} to ${max}, found ${unit}` })
  }
  return problems
}

function needless(instance: DeviceInstance): InstanceProblem[] {
  return (['bus', 'unit'] as const)
    .filter((key) => instance[key] !== undefined)
    .map((key) => ({ path: [key], message: 'only for Modbus devices; this profile speaks mqtt' }))
}

/** Leaves out what is `undefined`: an absent key and a key that holds nothing are not the same. */
function optional<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never
}
