import type { Finding, Path } from '#lib/explain.ts'
import type { ModbusSource } from './device.ts'
import { type Expanded, expandPoints, isFirst } from './expand.ts'
import { broken, type Rule } from './lint-rule.ts'
import { meaningOf } from './meaning.ts'
import type { ModbusFrom, ModbusPointFields } from './modbus.ts'
import { typicalParams } from './params.ts'
import type { ModbusProfile } from './profile.ts'
import { modbusEnds } from './resolve-modbus.ts'

type Point = Expanded<ModbusPointFields>

/** Rules that only Modbus profiles can break. Pure. */
export function lintModbus(profile: ModbusProfile): Finding[] {
  const points = expandPoints(profile, typicalParams(profile))
  const { limits, unit, identify = [] } = profile.modbus
  const hasGap = (limits?.max_gap ?? 0) > 0 || (limits?.max_bit_gap ?? 0) > 0
  const isUnit = unit.default >= unit.min && unit.default <= unit.max
  return broken([
    [
      hasGap && limits?.note === undefined,
      ['modbus', 'limits'],
      'reading through a gap needs a note that the registers in it are readable',
    ],
    [!isUnit, ['modbus', 'unit', 'default'], `not between ${unit.min} and ${unit.max}`],
    ...identify.map((one, i): Rule => {
      return [
        one.equals === undefined && one.in === undefined,
        ['modbus', 'identify', i],
        'needs equals or in',
      ]
    }),
    ...points.filter(isFirst).flatMap((point) => addressRules(point, profile)),
    ...overlapRules(points, profile),
    ...profile.tests.flatMap(vectorRules),
  ])
}

const oneStepEach = 'a step of each variable belongs to each: {n, m}, and one step to each: {n}'

function addressRules(point: Point, profile: ModbusProfile): Rule[] {
  const { from, each, write, missing, scale_from } = point.fields
  const path: Path = ['points', point.template]
  const { from: source, to } = modbusEnds(point, profile)
  const { max_regs = 125, max_write_regs = 1 } = profile.modbus.limits ?? {}
  const repeats = (addr: unknown) => typeof addr === 'object' && each === undefined
  const misses = (addr: ModbusFrom['addr'] | undefined) =>
    typeof addr === 'object' && (typeof addr.step === 'object') !== (each?.m !== undefined)
  return [
    [repeats(from?.addr), [...path, 'from'], 'base and step need the key each'],
    [repeats(write?.to.addr), [...path, 'write'], 'base and step need the key each'],
    [misses(from?.addr), [...path, 'from'], oneStepEach],
    [misses(write?.to.addr), [...path, 'write'], oneStepEach],
    [misses(scale_from?.addr), [...path, 'scale_from'], oneStepEach],
    [isUnsigned(point), [...path, 'from'], 'a temperature can be below zero: i16, or allow_unsigned: true'],
    [from?.byte !== undefined && source?.count !== 1, [...path, 'from', 'byte'], 'only of one register'],
    [
      from?.type === 'text' && from.count === undefined,
      [...path, 'from'],
      'a text needs count, in registers',
    ],
    [(source?.count ?? 0) > max_regs, [...path, 'from'], 'longer than one read of this device'],
    [
      scale_from !== undefined && write !== undefined,
      [...path, 'scale_from'],
      'what the device scales by itself cannot be written',
    ],
    [
      from?.bits !== undefined && missing !== undefined,
      [...path, 'missing'],
      'missing speaks of whole registers, and these are bits of one: use valid or map',
    ],
    [(to?.count ?? 0) > max_write_regs, [...path, 'write', 'to'], 'longer than max_write_regs'],
    ...(write === undefined ? [] : targetRules(write.to, [...path, 'write', 'to'])),
  ]
}

function isUnsigned({ id, fields: { from, unit, allow_unsigned } }: Point): boolean {
  const isTemperature = unit === 'Cel' || meaningOf(id, {})?.unit === 'Cel'
  return isTemperature && /^u\d/.test(from?.type ?? '') && allow_unsigned !== true
}

type Target = NonNullable<ModbusPointFields['write']>['to']

function targetRules({ table, fc }: Target, path: Path): Rule[] {
  const isForCoils = fc === 5 || fc === 15
  return [
    [
      table !== 'coil' && table !== 'holding',
      [...path, 'table'],
      'only coils and holding registers can be written',
    ],
    [
      fc !== undefined && isForCoils !== (table === 'coil'),
      [...path, 'fc'],
      `function ${fc} is not for this table`,
    ],
  ]
}

type Taken = { readonly point: Point; readonly source: ModbusSource }

/** Two points may share a register only as different bits of it; two writes may not share one at all. */
function overlapRules(points: readonly Point[], profile: ModbusProfile): Rule[] {
  const ends = points.map((point) => ({ point, ...modbusEnds(point, profile) }))
  const reads = ends.flatMap(({ point, from }) => (from === undefined ? [] : [{ point, source: from }]))
  const writes = ends.flatMap(({ point, to }) => (to === undefined ? [] : [{ point, source: to }]))
  return [...clashes(reads, 'from'), ...clashes(writes, 'write')]
}

function clashes(taken: readonly Taken[], key: string): Rule[] {
  return taken.map((b, i): Rule => {
    const a = taken.slice(0, i).find((one) => overlap(one.source, b.source))
    const message = `${b.point.id} lies on the same ${b.source.table} ${b.source.addr} as ${a?.point.id}`
    return [a !== undefined, ['points', b.point.template, key], message]
  })
}

function overlap(a: ModbusSource, b: ModbusSource): boolean {
  if (a.table !== b.table || a.addr >= b.addr + b.count || b.addr >= a.addr + a.count) return false
  if (a.byte !== undefined && b.byte !== undefined && a.byte !== b.byte) return false
  if (a.bits === undefined || b.bits === undefined) return true
  return a.bits.pos < b.bits.pos + b.bits.len && b.bits.pos < a.bits.pos + a.bits.len
}

function vectorRules({ modbus, modbus_out, write }: ModbusProfile['tests'][number], i: number): Rule[] {
  const path: Path = ['tests', i]
  return [
    [(write === undefined) !== (modbus_out === undefined), path, 'write and modbus_out go together'],
    [write === undefined && modbus === undefined, path, 'nothing to read: modbus is missing'],
    ...(modbus ?? []).map(({ words, bits }, j): Rule => {
      return [
        (words === undefined) === (bits === undefined),
        [...path, 'modbus', j],
        'needs either words or bits',
      ]
    }),
  ]
}
