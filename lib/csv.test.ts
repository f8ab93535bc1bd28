import { expect, test } from 'vitest'
import { formatCsv, parseCsv } from './csv.ts'

function rowsOf(text: string): readonly (readonly string[])[] {
  const parsed = parseCsv(text)
  if (!parsed.ok) throw new Error(`row ${parsed.row}`)
  return parsed.rows
}

test('quotes, commas and line ends inside a cell, whatever ends the lines, with the mark of Excel and without', () => {
  const rows = [
    ['a', 'b, "c"', 'd\ne'],
    ['1', '', ''],
  ]
  expect(rowsOf('a,"b, ""c""","d\ne"\r\n1,,\r\n')).toEqual(rows)
  expect(rowsOf('\ufeffa,"b, ""c""","d\ne"\n1,,')).toEqual(rows)
  expect(rowsOf('"a",b\r"c",d')).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ])
  expect(rowsOf('')).toEqual([])
})

test('an empty line is a row, so that the numbers are those of the spreadsheet', () => {
  expect(rowsOf('a\n\nb\n')).toEqual([['a'], [''], ['b']])
})

test('a quote that is never closed is told with its row', () => {
  expect(parseCsv('a\nb,"c\nd')).toEqual({ ok: false, row: 2 })
})

test('nothing that leaves is a formula, and it comes back as it was', () => {
  const texts = [
    '=1+1',
    '+86 21',
    '-x',
    '@me',
    '\tx',
    '\rx',
    '\nx',
    '＝1',
    "'=1",
    "''=1",
    "'",
    "it's",
    '普通',
    '"',
  ]
  const csv = formatCsv(texts.map((text) => [text]))
  for (const line of csv.slice(1).split('\r\n')) expect(line).not.toMatch(/^"?[=+\-@\t＝]/)
  expect(rowsOf(csv).map(([cell]) => cell)).toEqual(texts)
})

test('numbers stay numbers, and absent is empty', () => {
  expect(formatCsv([[-1, undefined, 2.5]])).toBe('\ufeff-1,,2.5\r\n')
})
