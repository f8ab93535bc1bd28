import { expect, test } from 'vitest'
import { noticeCodes } from '#contract/notice.ts'
import { moreWords, wordsOf } from './words.ts'

const at = Date.UTC(2026, 10, 27, 8, 5, 9)
const zh = { language: 'zh-CN', timeZone: 'Asia/Shanghai' } as const
const en = { language: 'en', timeZone: 'UTC' } as const

test('an alarm in the language and the time zone of the reader', () => {
  const params = {
    title: { zh: '照度过低', en: 'Too dark' },
    place: { zh: '101 教室' },
    point: 'lux-1/illuminance',
    value: 120,
  }
  const notice = { code: 'alarm.raised', params, priority: 2, at } as const
  expect(wordsOf(notice, zh)).toEqual({
    title: '【二级告警】照度过低',
    lines: ['位置：101 教室', '测点：lux-1/illuminance', '触发值：120', '发生时间：2026-11-27 16:05:09'],
  })
  expect(wordsOf(notice, en)).toEqual({
    title: '[Priority 2 alarm] Too dark',
    lines: ['Place: 101 教室', 'Point: lux-1/illuminance', 'Value: 120', 'Raised: 2026-11-27 08:05:09'],
  })
})

test('a name from outside stays on its line', () => {
  const params = { title: 'a\r\nBcc: x@y.z\u2028b', by: 'li' }
  expect(wordsOf({ code: 'gateway.offline', params, priority: 3, at }, en).title).toBe(
    '[Gateway offline] a Bcc: x@y.z b',
  )
})

test('every code has words in both languages, with and without parameters', () => {
  for (const code of noticeCodes) {
    for (const reader of [zh, en]) {
      const full = {
        title: 't',
        place: 'p',
        point: 'q',
        value: 1,
        limit: 2,
        step: 2,
        due: 'd',
        person: 'w',
        by: 'b',
      }
      const { title, lines } = wordsOf({ code, params: full, priority: 1, at }, reader)
      expect([code, title, ...lines].join()).not.toMatch(/[{}]|undefined/)
      expect(lines.length).toBeGreaterThan(1)
      expect(wordsOf({ code, params: {}, priority: 1, at }, reader).title).not.toMatch(/[{}]/)
    }
  }
})

test('the others are counted, and the first five named', () => {
  const titles = Array.from({ length: 12 }, (_, i) => `t${i}`)
  expect(moreWords(titles, 'zh-CN')).toEqual(['另有 12 条，其中：', '· t0', '· t1', '· t2', '· t3', '· t4'])
  expect(moreWords(['x'], 'en')).toEqual(['1 more', '· x'])
  expect(moreWords([], 'en')).toEqual([])
})
