/** Comma-separated text as RFC 4180 has it, and as spreadsheets write and read it. */
export type CsvRows =
  | { readonly ok: true; readonly rows: readonly (readonly string[])[] }
  /** A quote was opened in this row (1 is the first) and never closed. */
  | { readonly ok: false; readonly row: number }

/** The mark by which Excel knows UTF-8. */
const byteOrderMark = '\ufeff'

/**
 * What a spreadsheet would run as a formula, with the full-width signs that some of them take as well. A text that begins
 * like this gets a `'` in front, and one that has that `'` already gets another, so that reading it back is exact.
 */
const formula = /^'*[=+\-@\t\r\n＝＋－＠]/
const defused = /^''*[=+\-@\t\r\n＝＋－＠]/

/** Every row, the empty ones too, so that numbers are those of the spreadsheet. Pure. */
export function parseCsv(text: string): CsvRows {
  const rows: string[][] = []
  let row: string[] = []
  let at = text.startsWith(byteOrderMark) ? 1 : 0
  while (at < text.length) {
    const cell = text[at] === '"' ? quotedCell(text, at) : plainCell(text, at)
    if (cell === undefined) return { ok: false, row: rows.length + 1 }
    row.push(readCell(cell.text))
    at = cell.end
    if (text[at] === ',') {
      at += 1
      // A comma at the very end of the text has an empty cell behind it.
      if (at === text.length) row.push('')
      else continue
    }
    rows.push(row)
    row = []
    if (text[at] === '\r') at += 1
    if (text[at] === '\n') at += 1
  }
  return { ok: true, rows }
}

type Cell = { readonly text: string; readonly end: number }

function plainCell(text: string, start: number): Cell {
  let end = start
  while (end < text.length && text[end] !== ',' && text[end] !== '\n' && text[end] !== '\r') end += 1
  return { text: text.slice(start, end), end }
}

/** What stands between the closing quote and the next comma is taken as it is. */
function quotedCell(text: string, start: number): Cell | undefined {
  let value = ''
  for (let from = start + 1; ; ) {
    const quote = text.indexOf('"', from)
    if (quote === -1) return undefined
    value += text.slice(from, quote)
    if (text[quote + 1] !== '"') {
      const rest = plainCell(text, quote + 1)
      return { text: value + rest.text, end: rest.end }
    }
    value += '"'
    from = quote + 2
  }
}

function readCell(text: string): string {
  return defused.test(text) ? text.slice(1) : text
}

export type CsvCell = string | number | undefined

/** With the mark for Excel, CRLF, and text kept from being a formula. Pure. */
export function formatCsv(rows: readonly (readonly CsvCell[])[]): string {
  return `${byteOrderMark}${formatRows(rows)}`
}

/** The same a part at a time: only the first part of a file has the mark. */
export async function* csvFile(
  header: readonly CsvCell[],
  parts: AsyncIterable<readonly (readonly CsvCell[])[]>,
): AsyncGenerator<string> {
  yield formatCsv([header])
  for await (const rows of parts) yield formatRows(rows)
}

function formatRows(rows: readonly (readonly CsvCell[])[]): string {
  return rows.map((row) => `${row.map(writeCell).join(',')}\r\n`).join('')
}

function writeCell(value: CsvCell): string {
  if (typeof value !== 'string') return value === undefined ? '' : String(value)
  const safe = formula.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
