import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Calendar, emptyCalendar } from '#contract/calendar.ts'
import { FakeClock } from '#lib/fake-clock.ts'
import { createLogger } from '#lib/logger.ts'
import { tempFolder } from '../../tests/support/temp-folder.ts'
import { SchoolCalendar } from './school-calendar.ts'

const version = '00000000000000aa'
const calendar: Calendar = {
  ...emptyCalendar,
  timetables: [
    {
      ...{ id: 'all', name: { zh: '全校' }, weekdays: [1, 2, 3, 4, 5] },
      periods: [{ id: 'p1', name: { zh: '第一节' }, kind: 'lesson', start: '08:00', end: '08:40' }],
    },
  ],
  exams: [
    { id: 'e', name: { zh: '考试' }, from: '2026-03-03T08:00', to: '2026-03-03T10:00', locks: ['bell'] },
  ],
}

async function open(now = '2026-03-02T00:10:00Z') {
  const folder = await tempFolder()
  const file = join(folder.path, 'calendar.json')
  const clock = new FakeClock()
  await clock.advance(Date.parse(now) - clock.now())
  const log = createLogger({ level: 'silent' })
  return {
    file,
    clock,
    open: () => SchoolCalendar.open({ file, clock, log }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

test('without a calendar nothing is concluded', async () => {
  await using at = await open()
  const school = await at.open()
  expect([
    school.today(),
    school.isLesson(),
    school.isNight(),
    school.isExamLock(),
    school.nextChange(),
  ]).toEqual([undefined, undefined, undefined, undefined, undefined])
  expect(school.report()).toEqual({ v: 1, kind: 'calendar', at: at.clock.now() })
})

test('answers by its clock, and the same after a restart without anybody', async () => {
  await using at = await open()
  await (await at.open()).take({ version, calendar })
  const school = await at.open()
  expect(school.report()).toMatchObject({ version })
  expect(school.today()).toMatchObject({ day: '2026-03-02', kind: 'school-day' })
  expect([school.isLesson(), school.period()?.id, school.isNight()]).toEqual([true, 'p1', false])
  expect(school.nextChange()).toBe(Date.parse('2026-03-02T00:40:00Z'))
  await at.clock.advance(30 * 60_000)
  expect(school.isLesson()).toBe(false)
  await at.clock.advance(86_400_000)
  expect([school.isExamLock(), school.isExamLock({ thing: 'network' })]).toEqual([true, false])
})

test('the same version again writes nothing; of two at once the last one stays', async () => {
  await using at = await open()
  const school = await at.open()
  await school.take({ version, calendar })
  await writeFile(at.file, 'a mark')
  await school.take({ version, calendar })
  expect(await readFile(at.file, 'utf8')).toBe('a mark')
  const other = { ...calendar, zone: 'Europe/Berlin' }
  await Promise.all([
    school.take({ version: '00000000000000bb', calendar }),
    school.take({ version: '00000000000000cc', calendar: other }),
  ])
  expect((await at.open()).version).toBe('00000000000000cc')
})

test('a zone that this machine does not know is refused with words, and the calendar from before stays', async () => {
  await using at = await open()
  const school = await at.open()
  await school.take({ version, calendar })
  await school.take({ version: '00000000000000bb', calendar: { ...calendar, zone: 'Mars/Olympus' } })
  expect(school.report()).toMatchObject({
    version,
    refused: { version: '00000000000000bb', reason: expect.stringContaining('Mars/Olympus') },
  })
  expect(school.today()?.kind).toBe('school-day')
  await school.take({ version, calendar })
  expect(school.report()).not.toHaveProperty('refused')
})

test('a calendar that was taken away is gone, also after a restart', async () => {
  await using at = await open()
  const school = await at.open()
  await school.take({ version, calendar })
  await school.take({ version: '00000000000000dd', calendar: null })
  expect([school.today(), school.isLesson()]).toEqual([undefined, undefined])
  const again = await at.open()
  expect([again.version, again.today()]).toEqual(['00000000000000dd', undefined])
})

test('a file that is damaged, or of another version, is no calendar and no reason not to start', async () => {
  await using at = await open()
  for (const text of ['', '{"v":1', '{"v":2}', 'null', JSON.stringify({ v: 1, version, calendar: {} })]) {
    await writeFile(at.file, text)
    const school = await at.open()
    expect(school.version).toBeUndefined()
    await school.take({ version, calendar })
    expect((await at.open()).version).toBe(version)
  }
})
