import type { BusReport, BusUnitReport } from '#contract/bus-report.ts'

const headings = [
  'unit',
  'devices',
  'state',
  'p50',
  'p95',
  'max ms',
  'requests',
  'timeouts',
  'crc',
  'exc',
  'late',
  'busy',
  'planned',
]

/** A report as a table with words below it. Pure. */
export function showReport(report: BusReport): string {
  const rows = [headings, ...report.units.map(cells)]
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
  return [
    head(report),
    ...lines,
    tail(report),
    ...report.advice.flatMap(({ text }) => [`! ${text.zh}`, `  ${text.en}`]),
  ]
    .filter((line) => line !== '')
    .join('\n')
}

function head({ bus, protocol, address, connected, load }: BusReport): string {
  const state = connected
    ? `${percent(load.measured)} busy, ${percent(load.planned)} planned`
    : 'NOT CONNECTED'
  return `bus ${bus}: ${protocol} ${address}, ${state}`
}

function tail({ unsolicited, resyncs, wrongUnit, wrongTransaction, overruns, connects }: BusReport): string {
  const odd = {
    unsolicited,
    resyncs,
    'wrong unit': wrongUnit,
    'wrong transaction': wrongTransaction,
    overruns,
  }
  const found = Object.entries(odd).filter(([, count]) => count > 0)
  const words = found.map(([name, count]) => `${count} ${name}`)
  if (connects > 1) words.push(`${connects} connections`)
  return words.length === 0 ? '' : `on the line: ${words.join(', ')}`
}

function cells(one: BusUnitReport): string[] {
  const { p50, p95, max } = one.roundTripMs ?? {}
  const ms = (value: number | undefined) => (value === undefined ? '–' : value.toFixed(1))
  return [
    ...[String(one.unit), names(one.devices), one.state, ms(p50), ms(p95), ms(max)],
    ...[one.requests, one.timeouts, one.crcErrors, one.exceptions, one.lateAnswers].map(String),
    ...[percent(one.share.measured), percent(one.share.planned)],
  ]
}

function names(devices: readonly string[]): string {
  const [first = '–', ...others] = devices
  return others.length === 0 ? first : `${first} +${others.length}`
}

function isText(column: number): boolean {
  return column === 1 || column === 2
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}
