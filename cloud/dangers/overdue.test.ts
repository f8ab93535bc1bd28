import { expect, test } from 'vitest'
import { summaryOf } from './danger-summary.ts'
import { overdueLevel } from './overdue.ts'

const due = '2026-03-10'

test.each([
  ['on the day itself', '2026-03-10', 'general', 'assigned', 0],
  ['a day later', '2026-03-11', 'general', 'assigned', 1],
  ['three days later', '2026-03-13', 'general', 'assigned', 1],
  ['four days later', '2026-03-14', 'general', 'assigned', 2],
  ['a major one a day later', '2026-03-11', 'major', 'assigned', 2],
  ['mended in time, inspected late', '2026-03-20', 'major', 'fixed', 0],
  ['closed', '2026-03-20', 'major', 'closed', 0],
] as const)('%s', (...[, today, grade, state, level]) => {
  expect(overdueLevel({ due, grade, state }, today, 3)).toBe(level)
})

test('what has no due day is never late', () => {
  expect(overdueLevel({ due: undefined, grade: 'major', state: 'found' }, '2026-03-20', 3)).toBe(0)
})

test('the figures of a period say what they are a part of', () => {
  const at = (day: string) => Date.parse(`${day}T04:00:00Z`)
  const rows = [
    { grade: 'major', state: 'assigned', found_at: at('2026-03-01'), closed_at: null, due: '2026-03-05' },
    {
      grade: 'general',
      state: 'closed',
      found_at: at('2026-03-01'),
      closed_at: at('2026-03-06'),
      due: '2026-03-05',
    },
    {
      grade: 'general',
      state: 'closed',
      found_at: at('2026-02-20'),
      closed_at: at('2026-03-02'),
      due: '2026-03-02',
    },
    { grade: null, state: 'found', found_at: at('2026-03-09'), closed_at: null, due: null },
    { grade: 'general', state: 'fixed', found_at: at('2026-01-01'), closed_at: null, due: '2026-01-05' },
  ]
  const range = { from: Date.parse('2026-03-01T00:00:00+08:00'), to: Date.parse('2026-04-01T00:00:00+08:00') }
  expect(summaryOf(rows, range, '2026-03-10')).toMatchObject({
    ...{ open: 3, overdue: 1, found: 3, closed: 2 },
    byGrade: { general: 1, major: 1, ungraded: 1 },
    ...{ due: 3, closedOfDue: 2, closedInTime: 1 },
  })
})
