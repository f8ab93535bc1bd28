import type { BusReport, BusUnitReport } from '#contract/bus-report.ts'
import { adviceFor, type UnitProblem } from './advice.ts'
import { addressOf, type BusConfig } from './bus-config.ts'
import { loadOf } from './line-load.ts'
import type { LineStats, UnitStats } from './line-stats.ts'
import { planUnit } from './owned-points.ts'
import type { UnitState } from './unit-state.ts'

export type ReportSources = {
  readonly config: BusConfig
  readonly isConnected: boolean
  readonly stats: LineStats
  readonly units: readonly UnitState[]
  readonly overruns: number
  readonly parkedOf: (unit: UnitState) => readonly string[]
  /** Monotonic ms. */
  readonly probeAt: (unit: UnitState) => number
  readonly now: number
  readonly monotonic: number
}

/** Numbers and advice of one bus. Pure but for the plans, which are made once. */
export function busReport(from: ReportSources): BusReport {
  const { config, stats } = from
  const observedMs = Math.max(1, from.monotonic - stats.startedAt)
  const units = from.units.map((unit) => unitReport(unit, { ...from, observedMs }))
  const sum = (of: (one: UnitStats) => number) =>
    [...stats.units()].reduce((all, [, one]) => all + of(one), 0)
  const facts = {
    bus: config.id,
    protocol: config.protocol ?? 'modbus-tcp',
    address: addressOf(config),
    connected: from.isConnected,
    at: from.now,
    observedMs: Math.round(observedMs),
    load: {
      measured: rounded(sum(({ busyMs }) => busyMs) / observedMs),
      planned: rounded(units.reduce((all, { share }) => all + share.planned, 0)),
    },
    requests: stats.requests,
    timeouts: sum(({ timeouts }) => timeouts),
    crcErrors: sum(({ crcErrors }) => crcErrors),
    malformed: sum(({ malformed }) => malformed),
    exceptions: sum(({ exceptions }) => exceptions),
    lateAnswers: sum(({ lateAnswers }) => lateAnswers),
    wrongUnit: stats.wrongUnit,
    wrongTransaction: stats.wrongTransaction,
    unsolicited: stats.unsolicited,
    resyncs: stats.resyncs,
    connects: stats.connects,
    overruns: from.overruns,
    units,
  }
  return { ...facts, advice: adviceFor({ ...facts, problems: from.units.flatMap(problemsOf) }) }
}

function unitReport(
  unit: UnitState,
  {
    config,
    stats,
    parkedOf,
    probeAt,
    monotonic,
    observedMs,
  }: ReportSources & { readonly observedMs: number },
): BusUnitReport {
  const counted = stats.unit(unit.unit)
  const roundTrip = counted.roundTrip()
  const isSilent = unit.silentUntil !== undefined && unit.devices.some(({ misfit }) => misfit === undefined)
  const { requests, answers, timeouts, crcErrors, malformed, exceptions, lateAnswers } = counted
  return {
    unit: unit.unit,
    devices: unit.devices.map(({ device }) => device.id),
    titles: unit.devices.map(({ device }) => device.title),
    state: isSilent ? 'silent' : answers > 0 ? 'answers' : 'unknown',
    ...(roundTrip === undefined ? {} : { roundTripMs: tenths(roundTrip) }),
    ...{ requests, answers, timeouts, crcErrors, malformed, exceptions, lateAnswers },
    share: { measured: rounded(counted.busyMs / observedMs), planned: rounded(plannedShare(config, unit)) },
    parked: [...parkedOf(unit)],
    ...(isSilent ? { nextProbeMs: Math.max(0, Math.round(probeAt(unit) - monotonic)) } : {}),
  }
}

const planned = new WeakMap<UnitState, number>()

function plannedShare(config: BusConfig, unit: UnitState): number {
  const known = planned.get(unit)
  if (known !== undefined) return known
  const { unit: number, timing } = unit
  const [load] = loadOf(config, [{ unit: number, timing, blocks: planUnit(unit.devices, unit) }])
  const share = (load?.msPerS ?? 0) / 1000
  planned.set(unit, share)
  return share
}

function problemsOf(unit: UnitState): UnitProblem[] {
  return unit.devices.flatMap(({ device, misfit, unmetSetup }) => [
    ...(misfit === undefined ? [] : [problem(unit, 'unit_misfit', { device: device.id, text: misfit })]),
    ...unmetSetup.map((text) => problem(unit, 'setup_missing', { device: device.id, text })),
  ])
}

function problem(
  { unit }: UnitState,
  code: UnitProblem['code'],
  words: Pick<UnitProblem, 'device' | 'text'>,
): UnitProblem {
  return { unit, code, ...words }
}

function rounded(share: number): number {
  return Math.round(share * 10_000) / 10_000
}

function tenths({ p50, p95, max }: { p50: number; p95: number; max: number }) {
  const tenth = (ms: number) => Math.round(ms * 10) / 10
  return { p50: tenth(p50), p95: tenth(p95), max: tenth(max) }
}
