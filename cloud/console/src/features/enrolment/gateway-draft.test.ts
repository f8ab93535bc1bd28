import { expect, test } from 'vitest'
import { bodyOf, countdownText, emptyDraft } from './gateway-draft.ts'

test('what is empty is left out', () => {
  expect(bodyOf({ ...emptyDraft, id: ' school-a ' })).toEqual({ id: 'school-a', title: {} })
  expect(bodyOf({ id: 'school-a', titleZh: '一中', titleEn: ' A ', place: 'campus' })).toEqual({
    ...{ id: 'school-a', title: { zh: '一中', en: 'A' }, place: 'campus' },
  })
})

test.each(['', 'a', 'School', '学校', '-a', 'a b', 'x'.repeat(64)])('%j is no id', (id) => {
  expect(bodyOf({ ...emptyDraft, id })).toBeUndefined()
})

test.each([
  [86_400_000, '24:00:00'],
  [3_661_999, '01:01:01'],
  [0, '00:00:00'],
  [-5, '00:00:00'],
])('%d ms is %s', (ms, text) => {
  expect(countdownText(ms)).toBe(text)
})
