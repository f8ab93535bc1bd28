import { expect, test } from 'vitest'
import { noticeOfDanger } from './notice-of-danger.ts'
import { wordsOf } from './words.ts'

const danger = { id: 'd1', title: '配电箱门未关', node: 'room-101', due: '2026-11-20' }

test('the school is told first and the district later, once each', () => {
  const [first, second] = [noticeOfDanger(danger, 1, 5), noticeOfDanger(danger, 2, 6)]
  expect([first.key, second.key]).toEqual(['danger.overdue:d1:1', 'danger.overdue:d1:2'])
  expect([first.priority, second.priority]).toEqual([3, 2])
  expect(first.to?.roles).not.toContain('bureau')
  expect(second.to?.roles).toContain('bureau')
  expect(wordsOf(first, { language: 'zh-CN', timeZone: 'Asia/Shanghai' })).toEqual({
    title: '【隐患逾期】配电箱门未关',
    lines: ['整改期限：2026-11-20'],
  })
})
