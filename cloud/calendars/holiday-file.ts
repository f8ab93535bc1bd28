/** A year of holidays as a file: what a person writes from the State Council's notice, in a spreadsheet or as JSON. Pure. */
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { FieldProblem } from '#contract/api/common.ts'
import { CalendarPart, type Holiday, type MakeUpDay } from '#contract/calendar.ts'
import { calendarProblems } from '#contract/calendar-problems.ts'
import { isDay } from '#contract/wall-clock.ts'
import { parseCsv } from '#lib/csv.ts'

export type HolidayYear = {
  readonly holidays: readonly Holiday[]
  readonly makeUpDays: readonly MakeUpDay[]
  readonly problems: readonly FieldProblem[]
}

type Placed<T> = { readonly entry: T; readonly path: string }

const kinds: Readonly<Record<string, 'holiday' | 'make-up'>> = {
  holiday: 'holiday',
  放假: 'holiday',
  'make-up': 'make-up',
  调休: 'make-up',
  上班: 'make-up',
}
const columns: Readonly<Record<string, Column>> = {
  ...{ kind: 'kind', first: 'first', last: 'last', follows: 'follows', zh: 'zh', en: 'en' },
  ...{ 类型: 'kind', 开始: 'first', 结束: 'last', 按星期: 'follows', 名称: 'zh', 英文名称: 'en' },
}
type Column = 'kind' | 'first' | 'last' | 'follows' | 'zh' | 'en'
const needed: readonly Column[] = ['kind', 'first']

const { holidays, makeUpDays } = CalendarPart.properties
const JsonYear = Type.Object(
  { note: Type.Optional(Type.String({ maxLength: 2000 })), holidays, makeUpDays },
  { additionalProperties: false },
)
const jsonYear = Compile(JsonYear)

export function readHolidayCsv(bytes: Uint8Array, year: number): HolidayYear {
  const text = textOf(bytes)
  if (text === undefined) return refused('file', 'is not UTF-8: save it as "CSV UTF-8"')
  const parsed = parseCsv(text)
  if (!parsed.ok) return refused(`row ${parsed.row}`, 'a quote is opened and never closed')
  const [header = [], ...rows] = parsed.rows.map((row) => row.map((cell) => cell.trim()))
  const names = header.map((name) => columns[name])
  const problems = headerProblems(header)
  if (problems.length > 0) return { holidays: [], makeUpDays: [], problems }
  const holidays: Placed<Holiday>[] = []
  const makeUpDays: Placed<MakeUpDay>[] = []
  for (const [index, cells] of rows.entries()) {
    if (cells.every((cell) => cell === '')) continue
    const path = `row ${index + 2}`
    const read = readRow((name) => cells[names.indexOf(name)] ?? '')
    if (typeof read === 'string') problems.push({ path, message: read })
    else if ('day' in read) makeUpDays.push({ path, entry: read })
    else holidays.push({ path, entry: read })
  }
  return judged({ holidays, makeUpDays }, problems, year)
}

function headerProblems(header: readonly string[]): FieldProblem[] {
  const path = 'row 1'
  const names = header.map((name) => columns[name])
  return [
    ...header.flatMap((name, i) =>
      names[i] === undefined ? [{ path, message: `"${name.slice(0, 40)}" is no column of this file` }] : [],
    ),
    ...needed
      .filter((name) => !names.includes(name))
      .map((name) => ({ path, message: `the column ${name} is missing` })),
  ]
}

/** What the row says, or what is wrong with it. */
function readRow(cell: (name: Column) => string): Holiday | MakeUpDay | string {
  const kind = kinds[cell('kind')]
  const first = dayOf(cell('first'))
  const name = nameOf(cell('zh'), cell('en'))
  if (kind === undefined) return 'kind: holiday (放假) or make-up (调休)'
  if (first === undefined) return `first: ${cell('first')} is no day`
  if (kind === 'make-up') {
    const follows = cell('follows')
    return /^[1-7]$/.test(follows)
      ? { day: first, follows: Number(follows), ...(name === undefined ? {} : { name }) }
      : 'follows: the weekday whose timetable counts, 1 (Monday) to 7'
  }
  const last = cell('last') === '' ? first : dayOf(cell('last'))
  return last === undefined ? `last: ${cell('last')} is no day` : { name: name ?? {}, first, last }
}

export function readHolidayJson(bytes: Uint8Array, year: number): HolidayYear {
  let value: unknown
  try {
    value = JSON.parse(textOf(bytes) ?? '')
  } catch {
    return refused('file', 'is not JSON in UTF-8')
  }
  if (!jsonYear.Check(value)) {
    const problems = jsonYear
      .Errors(value)
      .map(({ instancePath, message }) => ({ path: instancePath || '/', message }))
    return { holidays: [], makeUpDays: [], problems }
  }
  const { holidays = [], makeUpDays = [] } = value as Static<typeof JsonYear>
  const placed = <T>(name: string, entries: readonly T[]) =>
    entries.map((entry, i) => ({ entry, path: `${name}[${i}]` }))
  return judged(
    { holidays: placed('holidays', holidays), makeUpDays: placed('makeUpDays', makeUpDays) },
    [],
    year,
  )
}

/** Of the year, and nothing that a calendar would not take. */
function judged(
  {
    holidays,
    makeUpDays,
  }: { readonly holidays: readonly Placed<Holiday>[]; readonly makeUpDays: readonly Placed<MakeUpDay>[] },
  before: readonly FieldProblem[],
  year: number,
): HolidayYear {
  const part = { holidays: entriesOf(holidays), makeUpDays: entriesOf(makeUpDays) }
  const paths = new Map([
    ...holidays.map(({ path }, i) => [`holidays[${i}]`, path]),
    ...makeUpDays.map(({ path }, i) => [`makeUpDays[${i}]`, path]),
  ] as [string, string][])
  const problems = calendarProblems(part).map(({ path, message }) => {
    const [entry = '', field] = path.split('.')
    return { path: [paths.get(entry) ?? entry, field].filter(Boolean).join('.'), message }
  })
  const strange = [
    ...holidays.map(({ entry: { first }, path }) => ({ day: first, path })),
    ...makeUpDays.map(({ entry: { day }, path }) => ({ day, path })),
  ].filter(({ day }) => !day.startsWith(`${year}-`))
  const ofOtherYears = strange.map(({ day, path }) => ({ path, message: `${day} is not in ${year}` }))
  const none = holidays.length + makeUpDays.length + before.length === 0
  const empty = none ? [{ path: 'file', message: 'holds no day' }] : []
  return { ...part, problems: [...before, ...problems, ...ofOtherYears, ...empty] }
}

function entriesOf<T>(placed: readonly Placed<T>[]): T[] {
  return placed.map(({ entry }) => entry)
}

/** As people and spreadsheets write it: 2026-05-01, 2026/5/1, 2026.5.1, 2026年5月1日. */
function dayOf(text: string): string | undefined {
  const [, year, month = '', day = ''] = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(text) ?? []
  if (year === undefined) return undefined
  const written = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  return isDay(written) ? written : undefined
}

function nameOf(zh: string, en: string): Holiday['name'] | undefined {
  if (zh === '' && en === '') return undefined
  return { ...(zh === '' ? {} : { zh: zh.slice(0, 200) }), ...(en === '' ? {} : { en: en.slice(0, 200) }) }
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function refused(path: string, message: string): HolidayYear {
  return { holidays: [], makeUpDays: [], problems: [{ path, message }] }
}
