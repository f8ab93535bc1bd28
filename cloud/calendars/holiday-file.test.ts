import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readHolidayCsv, readHolidayJson } from './holiday-file.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

test('a table in Chinese, as a spreadsheet writes it', () => {
  const text =
    '\ufeff类型,开始,结束,按星期,名称\r\n放假,2026/5/1,2026年5月5日,,劳动节\r\n调休,2026.5.9,,2,\r\n,,,,\r\n'
  expect(readHolidayCsv(bytes(text), 2026)).toEqual({
    holidays: [{ name: { zh: '劳动节' }, first: '2026-05-01', last: '2026-05-05' }],
    makeUpDays: [{ day: '2026-05-09', follows: 2 }],
    problems: [],
  })
})

test('the sample of 2026 is read', () => {
  const file = new URL('../../contract/calendar-samples/holidays-2026.json', import.meta.url)
  const { holidays, makeUpDays, problems } = readHolidayJson(readFileSync(file), 2026)
  expect(problems).toEqual([])
  expect([holidays.length, makeUpDays.length]).toEqual([7, 6])
})

test('everything that is wrong is told, with its row', () => {
  const rows = [
    'kind,first,last,follows,zh,en',
    'fest,2026-05-01,,,x,',
    'holiday,2026-02-30,,,x,',
    'holiday,2026-05-05,2026-05-01,,x,',
    'holiday,2026-06-01,,,,',
    'make-up,2026-05-09,,8,,',
    'make-up,2027-05-09,,1,,',
  ]
  const { problems } = readHolidayCsv(bytes(rows.join('\n')), 2026)
  expect(problems.map(({ path }) => path)).toEqual([
    ...['row 2', 'row 3', 'row 6', 'row 5.name', 'row 4.last', 'row 7'],
  ])
})

test.each([
  ['no day', 'kind,first\n', 'file'],
  ['no column', 'first\n2026-01-01', 'row 1'],
  ['a strange column', 'kind,first,colour\n', 'row 1'],
  ['an open quote', 'kind,first\n"holiday,2026-01-01', 'row 2'],
])('%s is refused', (_, text, path) => {
  expect(readHolidayCsv(bytes(text), 2026).problems[0]?.path).toBe(path)
})

test('what is no UTF-8, no JSON, or not of this form', () => {
  expect(readHolidayCsv(new Uint8Array([0xd6, 0xd0]), 2026).problems[0]?.path).toBe('file')
  expect(readHolidayJson(bytes('{'), 2026).problems[0]?.path).toBe('file')
  expect(readHolidayJson(bytes('{"holidays":[{"first":"x"}]}'), 2026).problems.length).toBeGreaterThan(0)
})

test('no bytes make it throw, and what it takes is of the year', () => {
  const texts = fc.oneof(
    fc.string(),
    fc
      .array(fc.array(fc.constantFrom('kind', 'first', 'holiday', '2026-01-01', '"', '2026-13-01')))
      .map((rows) => rows.map((row) => row.join(',')).join('\n')),
  )
  fc.assert(
    fc.property(texts, (text) => {
      for (const read of [readHolidayCsv, readHolidayJson]) {
        const { holidays, problems } = read(bytes(text), 2026)
        if (problems.length === 0) expect(holidays.every(({ first }) => first.startsWith('2026-'))).toBe(true)
      }
    }),
  )
})
