import type { Value } from '#contract/sample.ts'
import { dateTimeText } from '../../format/time.ts'
import type { Entry } from './history.ts'

export type CsvOptions = {
  readonly header: { time: string; value: string; unit: string; quality: string; low: string; high: string }
  readonly unit: string
  readonly wordOf: (value: Value) => string
}

/**
 * The entries as a table for a spreadsheet: site time, full numbers. Begins with the mark by which Excel knows UTF-8, and
 * keeps text that a spreadsheet would run as a formula from being one.
 */
export function csvOf(entries: readonly Entry[], { header, unit, wordOf }: CsvOptions): string {
  const hasBand = entries.some(({ low }) => low !== undefined)
  const head = [
    header.time,
    header.value,
    ...(hasBand ? [header.low, header.high] : []),
    header.unit,
    header.quality,
  ]
  const rows = entries.map(({ t, value, quality, low, high }) => [
    `${dateTimeText(t)}.${String(t % 1000).padStart(3, '0')}`,
    typeof value === 'number' ? value : value === null ? '' : wordOf(value),
    ...(hasBand ? [low ?? '', high ?? ''] : []),
    unit,
    quality,
  ])
  return `\ufeff${[head, ...rows].map((row) => row.map(field).join(',')).join('\r\n')}\r\n`
}

function field(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** Hands a text to the browser as a file. */
export function downloadText(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
