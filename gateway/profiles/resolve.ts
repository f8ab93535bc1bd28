import { parseDuration } from '#lib/quantity.ts'
import type {
  Device,
  ModbusPoint,
  MqttPoint,
  OnvifPoint,
  ReportRule,
  ResolvedPoint,
  ResolvedWrite,
} from './device.ts'
import type { DeviceInstance } from './device-instance.ts'
import { type Expanded, expandPoints, fill } from './expand.ts'
import {
  addressProblems,
  chooseVariant,
  type InstanceProblem,
  nameProblems,
  pointProblems,
} from './instance-problems.ts'
import { meaningOf } from './meaning.ts'
import { checkParams, type ParamValues } from './params.ts'
import type { ModbusProfile, MqttProfile, OnvifProfile, Profile } from './profile.ts'
import { alarmsOf } from './resolve-alarms.ts'
import { modbusAddress, modbusEnds, modbusPollMs, otherVariants } from './resolve-modbus.ts'
import { mqttAddress, mqttEnds } from './resolve-mqtt.ts'
import { onvifAddress, onvifEnds } from './resolve-onvif.ts'
import { sharedPoints } from './shared-points.ts'
import type { SimHint } from './sim-hints.ts'
import { stepsOf } from './steps.ts'
import { noVariant, withVariant } from './variants.ts'

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
  const { variant, problem } = chooseVariant(profile, instance.variant, values)
  const chosen = withVariant(profile, variant)
  const points = expandPoints(chosen, values)
  problems.push(
    ...(problem === undefined ? [] : [problem]),
    ...addressProblems(profile, instance),
    ...pointProblems(points),
    ...nameProblems(chosen, points, instance),
  )
  if (profile.abstract) problems.push({ path: ['profile'], message: `${profile.id} is only to be extended` })
  if (problems.length > 0) return { ok: false, problems }
  return {
    ok: true,
    device: deviceOf(chosen, { instance, params: values, expanded: points, variant, profile }),
  }
}

type Context = {
  readonly instance: DeviceInstance
  readonly params: ParamValues
  readonly expanded: readonly Expanded<Fields>[]
  readonly variant: string
  /** Without the overlay of the variant. */
  readonly profile: Profile
}

function deviceOf(chosen: Profile, context: Context): Device {
  const { instance, params, variant } = context
  const base = baseOf(chosen, context)
  switch (chosen.protocol) {
    case 'modbus': {
      const where = {
        bus: instance.bus ?? '',
        unit: instance.unit ?? chosen.modbus.unit.default,
        consented: instance.setup === 'consented',
      }
      const others = otherVariants(context.profile as ModbusProfile, variant)
      const address = { ...modbusAddress(chosen, where), otherVariants: others }
      const points = sharedPoints(chosen, context, () => modbusPoints(chosen, context))
      return { ...base, protocol: 'modbus', address, points }
    }
    case 'mqtt': {
      const points = sharedPoints(chosen, context, () => mqttPoints(chosen, context))
      return { ...base, protocol: 'mqtt', address: mqttAddress(chosen, params), points }
    }
    case 'onvif': {
      const points = sharedPoints(chosen, context, () => onvifPoints(chosen, context))
      return { ...base, protocol: 'onvif', address: onvifAddress(chosen, instance, params), points }
    }
  }
}

function modbusPoints(profile: ModbusProfile, context: Context): ModbusPoint[] {
  return expandPoints(profile, context.params).map((one) => {
    const pollMs = modbusPollMs(one.fields, profile)
    const { scaleFrom, ...ends } = modbusEnds(one, profile)
    const point = pointOf(one, profile, { ...context, ends })
    const staleAfterMs =
      pollMs === undefined ? undefined : (silenceMs(profile) ?? Math.max(3 * pollMs, 10_000))
    return { ...point, ...optional({ pollMs, staleAfterMs, scaleFrom }) }
  })
}

function mqttPoints(profile: MqttProfile, context: Context): MqttPoint[] {
  return expandPoints(profile, context.params).map((one) => {
    const point = pointOf(one, profile, { ...context, ends: mqttEnds(one, profile, context.params) })
    return { ...point, ...optional({ staleAfterMs: silenceMs(profile) }) }
  })
}

/** A camera says what changes: that nothing changed makes no value stale, only the loss of its events does. */
function onvifPoints(profile: OnvifProfile, context: Context): OnvifPoint[] {
  return expandPoints(profile, context.params).map((one) =>
    pointOf(one, profile, { ...context, ends: onvifEnds(one, profile, context.params) }),
  )
}

function baseOf(profile: Profile, { instance, expanded, variant }: Context) {
  const { availability = {} } = profile
  return {
    id: instance.id,
    profile,
    title: instance.title ?? profile.title,
    vendor: profile.vendor,
    model: instance.model ?? profile.models[0] ?? '',
    category: profile.category,
    alarms: alarmsOf(profile, expanded, instance.alarms),
    failAfter: availability.fail_after ?? 3,
    recoverAfter: availability.recover_after ?? 1,
    ...optional({
      location: instance.location,
      silenceMs: silenceMs(profile),
      variant: variant === noVariant ? undefined : variant,
    }),
  }
}

type PointContext<From, To> = {
  readonly params: ParamValues
  readonly ends: Ends<From, To>
  readonly instance: DeviceInstance
}

function pointOf<From, To>(
  one: Expanded<Fields>,
  profile: Profile,
  { params, ends, instance }: PointContext<From, To>,
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
    ...optional({
      from: ends.from,
      // What nobody has checked at the device is not to be switched either.
      write: isHidden(one, instance) ? undefined : writeOf(one, ends.to),
      sim: simOf(one, profile),
      hidden: isHidden(one, instance) ? true : undefined,
    }),
  }
}

function isHidden({ id, template, fields }: Expanded<Fields>, { confirmed = [] }: DeviceInstance): boolean {
  return fields.confidence === 'low' && !confirmed.includes(id) && !confirmed.includes(template)
}

function titleOf({ fields, numbers }: Expanded<Fields>, fallback: Fields['title'] & object) {
  const { title } = fields
  if (title === undefined) return fallback
  const filled = (text: string) => (numbers === undefined ? text : fill(text, numbers))
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

function writeOf<To>(
  { id, fields, numbers }: Expanded<Fields>,
  to: To | undefined,
): ResolvedWrite<To> | undefined {
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
              point: numbers === undefined ? (readback.point ?? id) : fill(readback.point ?? id, numbers),
              ...(readback.poll_now === false ? { pollNow: false as const } : {}),
            },
      rampMaxPerS: write.ramp_max_per_s,
      onFail: write.on_fail === 'none' ? undefined : write.on_fail,
    }),
  }
}

/** A hint may name one point or its whole template; points it refers to are repeated with it. */
function simOf({ id, template, numbers }: Expanded<Fields>, { sim }: Profile): SimHint | undefined {
  const hint = sim?.points?.[id] ?? sim?.points?.[template]
  if (hint === undefined || numbers === undefined) return hint
  return JSON.parse(fill(JSON.stringify(hint), numbers)) as SimHint
}

function silenceMs({ availability }: Profile): number | undefined {
  return availability?.silence === undefined ? undefined : parseDuration(availability.silence)
}

/** Leaves out what is `undefined`: an absent key and a key that holds nothing are not the same. */
function optional<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never
}
