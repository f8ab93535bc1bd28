import type { Priority } from '#contract/events.ts'
import type { NoticeCode } from '#contract/notice.ts'
import type { LocalText } from '#contract/text.ts'
import type { Notice } from './notice.ts'

export type Language = 'zh-CN' | 'en'
export type Reader = { readonly language: Language; readonly timeZone: string }

/** A notice in the reader's language. */
export type Words = { readonly title: string; readonly lines: readonly string[] }

type Template = { readonly title: string; readonly lines: readonly string[] }

/** A line whose placeholder has no value is left out. */
const templates: Readonly<Record<Language, Readonly<Record<NoticeCode, Template>>>> = {
  'zh-CN': {
    'alarm.raised': {
      title: '【{priority}告警】{title}',
      lines: ['位置：{place}', '测点：{point}', '触发值：{value}', '限值：{limit}', '发生时间：{at}'],
    },
    'alarm.escalated': {
      title: '【{priority}告警升级】{title}',
      lines: ['无人确认，升级到第 {step} 级', '位置：{place}', '测点：{point}', '发生时间：{at}'],
    },
    'danger.overdue': {
      title: '【隐患逾期】{title}',
      lines: ['位置：{place}', '整改期限：{due}', '责任人：{person}'],
    },
    'gateway.offline': {
      title: '【网关离线】{title}',
      lines: ['位置：{place}', '最后在线：{at}'],
    },
    test: { title: '通知测试', lines: ['这是一条测试通知，由 {by} 发出。', '时间：{at}'] },
  },
  en: {
    'alarm.raised': {
      title: '[{priority} alarm] {title}',
      lines: ['Place: {place}', 'Point: {point}', 'Value: {value}', 'Limit: {limit}', 'Raised: {at}'],
    },
    'alarm.escalated': {
      title: '[{priority} alarm escalated] {title}',
      lines: [
        'Not acknowledged, escalated to step {step}',
        'Place: {place}',
        'Point: {point}',
        'Raised: {at}',
      ],
    },
    'danger.overdue': {
      title: '[Hazard overdue] {title}',
      lines: ['Place: {place}', 'Due: {due}', 'Responsible: {person}'],
    },
    'gateway.offline': {
      title: '[Gateway offline] {title}',
      lines: ['Place: {place}', 'Last seen: {at}'],
    },
    test: { title: 'Test notification', lines: ['This is a test, sent by {by}.', 'Time: {at}'] },
  },
}

const priorityWords: Readonly<Record<Language, Readonly<Record<Priority, string>>>> = {
  'zh-CN': { 1: '一级', 2: '二级', 3: '三级', 4: '四级' },
  en: { 1: 'Priority 1', 2: 'Priority 2', 3: 'Priority 3', 4: 'Priority 4' },
}

/** Pure. */
export function wordsOf(notice: Pick<Notice, 'code' | 'params' | 'priority' | 'at'>, reader: Reader): Words {
  const { language, timeZone } = reader
  const values = new Map<string, string>(
    Object.entries(notice.params).map(([name, value]) => [name, oneLine(textOf(value, language))]),
  )
  values.set('priority', priorityWords[language][notice.priority])
  values.set('at', timeText(notice.at, timeZone))
  const { title, lines } = templates[language][notice.code]
  return {
    title: filled(title, values) ?? notice.code,
    lines: lines.flatMap((line) => filled(line, values) ?? []),
  }
}

/** What is told beside the first notice: how many, and the most urgent ones. Pure. */
export function moreWords(titles: readonly string[], language: Language): readonly string[] {
  if (titles.length === 0) return []
  const shown = titles.slice(0, maxTitles).map((title) => `· ${title}`)
  const head = language === 'en' ? `${titles.length} more` : `另有 ${titles.length} 条`
  return [
    titles.length > maxTitles ? `${head}${language === 'en' ? ', among them:' : '，其中：'}` : head,
    ...shown,
  ]
}

export const openWords: Readonly<Record<Language, string>> = { 'zh-CN': '打开控制台', en: 'Open the console' }

const maxTitles = 5

function filled(template: string, values: ReadonlyMap<string, string>): string | undefined {
  let isWhole = true
  const text = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values.get(name)
    if (value === undefined || value === '') isWhole = false
    return value ?? ''
  })
  return isWhole ? text : undefined
}

function textOf(value: Notice['params'][string], language: Language): string {
  if (typeof value !== 'object') return String(value)
  const { zh = '', en = '' } = value as LocalText
  return language === 'en' ? en || zh : zh || en
}

/** Names come from outside; a line of them stays one line. */
function oneLine(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, 300)
    .toWellFormed()
}

/** `2026-11-27 16:05:00` where the reader is. Pure. */
export function timeText(at: number, timeZone: string): string {
  // Sweden writes dates as ISO 8601 does.
  return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(at)
}
