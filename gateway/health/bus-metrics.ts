import { Gauge, type Registry } from 'prom-client'
import type { BusReport, BusUnitReport } from '#contract/bus-report.ts'

/** Metrics of the polled buses, read when `/metrics` is asked: labels bus and unit. */
export function addBusMetrics(registry: Registry, reports: () => readonly BusReport[]): void {
  const perBus = busFigures.map(({ name, help, of }) => ({ gauge: gaugeFor(name, help, ['bus']), of }))
  const perUnit = unitFigures.map(({ name, help, of }) => ({
    gauge: gaugeFor(name, help, ['bus', 'unit']),
    of,
  }))
  const roundTrip = gaugeFor('unit_round_trip_seconds', 'Round trip of the last 256 answers, by quantile', [
    ...['bus', 'unit', 'quantile'],
  ])

  function refresh(): void {
    for (const { gauge } of [...perBus, ...perUnit, { gauge: roundTrip }]) gauge.reset()
    for (const report of reports()) {
      for (const { gauge, of } of perBus) gauge.set({ bus: report.bus }, of(report))
      for (const one of report.units) showUnit(report.bus, one)
    }
  }

  function showUnit(bus: string, one: BusUnitReport): void {
    const labels = { bus, unit: String(one.unit) }
    for (const { gauge, of } of perUnit) gauge.set(labels, of(one))
    if (one.roundTripMs === undefined) return
    const { p50, p95, max } = one.roundTripMs
    roundTrip.set({ ...labels, quantile: '0.5' }, p50 / 1000)
    roundTrip.set({ ...labels, quantile: '0.95' }, p95 / 1000)
    roundTrip.set({ ...labels, quantile: '1' }, max / 1000)
  }

  // The first one to be asked fetches the reports for all of them.
  const [first] = perBus
  if (first !== undefined) Object.assign(first.gauge, { collect: refresh })

  function gaugeFor(name: string, help: string, labelNames: string[]): Gauge {
    return new Gauge({ name: `gateway_bus_${name}`, help, labelNames, registers: [registry] })
  }
}

type Figure<T> = { readonly name: string; readonly help: string; readonly of: (report: T) => number }

const busFigures: readonly Figure<BusReport>[] = [
  { name: 'connected', help: '1 while the bus is connected', of: ({ connected }) => Number(connected) },
  { name: 'load_ratio', help: 'Part of the time in which the bus was busy', of: ({ load }) => load.measured },
  { name: 'planned_load_ratio', help: 'The same as the profiles ask for it', of: ({ load }) => load.planned },
  { name: 'requests', help: 'Requests since the start', of: ({ requests }) => requests },
  { name: 'connects', help: 'Connections made since the start', of: ({ connects }) => connects },
  { name: 'overruns', help: 'Reads that the bus was too slow for', of: ({ overruns }) => overruns },
  { name: 'unsolicited', help: 'Times somebody spoke unasked', of: ({ unsolicited }) => unsolicited },
  { name: 'resyncs', help: 'Times the framing was found again', of: ({ resyncs }) => resyncs },
  { name: 'wrong_unit', help: 'Answers of another unit', of: ({ wrongUnit }) => wrongUnit },
  {
    name: 'wrong_transaction',
    help: 'Answers to no request',
    of: ({ wrongTransaction }) => wrongTransaction,
  },
]

const unitFigures: readonly Figure<BusUnitReport>[] = [
  { name: 'unit_answers', help: '1 while the unit answers', of: ({ state }) => Number(state === 'answers') },
  { name: 'unit_requests', help: 'Requests since the start', of: ({ requests }) => requests },
  { name: 'unit_timeouts', help: 'Requests without an answer', of: ({ timeouts }) => timeouts },
  { name: 'unit_crc_errors', help: 'Damaged answers', of: ({ crcErrors }) => crcErrors },
  { name: 'unit_exceptions', help: 'Requests the device refused', of: ({ exceptions }) => exceptions },
  { name: 'unit_late_answers', help: 'Answers after their timeout', of: ({ lateAnswers }) => lateAnswers },
  { name: 'unit_load_ratio', help: 'Part of the time the unit took', of: ({ share }) => share.measured },
]
