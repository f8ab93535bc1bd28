import { expect, test } from 'vitest'
import { browserName } from './browser-push.ts'
import { bodyOf, newDraft } from './channel-draft.ts'
import { logSearch } from './log-search.ts'

test('the key of a robot is found in the address that people paste', () => {
  const wecom = { ...newDraft('wecom'), title: ' 值班群 ', mentions: '@all，13800001111 li;' }
  expect(bodyOf({ ...wecom, token: ' https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=ab-12 ' })).toEqual(
    {
      ...{ kind: 'wecom', node: null, title: '值班群', enabled: true, minPriority: 3, language: 'zh-CN' },
      ...{ mentions: ['@all', '13800001111', 'li'], token: 'ab-12' },
    },
  )
  const dingtalk = {
    ...newDraft('dingtalk'),
    token: 'https://oapi.dingtalk.com/robot/send?access_token=9f',
    secret: 'SECx',
  }
  expect(bodyOf(dingtalk)).toMatchObject({ token: '9f', secret: 'SECx', mentions: [] })
  expect(bodyOf({ ...wecom, token: 'ab-12' }).token).toBe('ab-12')
})

test('a webhook has an address and a secret and calls nobody; what was not written is not sent', () => {
  const hook = {
    ...newDraft('webhook'),
    title: 'x',
    url: 'https://a.cn/x?y=1',
    mentions: '@all',
    token: 'no',
  }
  expect(bodyOf(hook)).toMatchObject({ url: 'https://a.cn/x?y=1', mentions: [] })
  expect(Object.keys(bodyOf(hook))).not.toContain('token')
  expect(Object.keys(bodyOf({ ...hook, node: 'school-a' }))).not.toContain('secret')
})

test('browsers by the names that people know', () => {
  const chrome =
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML) Chrome/141.0 Safari/537.36'
  expect(browserName(chrome)).toBe('Chrome · Windows')
  expect(browserName(`${chrome} Edg/141`)).toBe('Edge · Windows')
  expect(browserName('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18 Safari/604')).toBe(
    'Safari · iOS',
  )
  expect(browserName('')).toBe('Browser · ?')
})

test('what the address says is a filter, and nothing else', () => {
  expect(logSearch({ state: 'failed', mine: true, after: 'x' })).toEqual({
    state: 'failed',
    mine: true,
    after: 'x',
  })
  expect(logSearch({ state: 'lost', mine: 'yes', after: 3 })).toEqual({})
})
