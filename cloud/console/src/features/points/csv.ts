import type { Value } from '#contract/sample.ts'
import { formatCsv } from '#lib/csv.ts'
import { dateTimeText } from '../../format/time.ts'
import type { Entry } from './history.ts'

export type CsvOptions = {
  readonly header: { time: string; value: string; unit: string; quality: string; low: string; high: string }
  readonly unit: string
  readonly wordOf: (value: Value) => string
}

/** The entries as a table for a spreadsheet: site time, full numbers. */
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
  return formatCsv([head, ...rows])
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
