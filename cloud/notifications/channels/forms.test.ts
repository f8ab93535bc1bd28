import MailComposer from 'nodemailer/lib/mail-composer'
import { expect, test } from 'vitest'
import { type Message, messageOf } from '../message.ts'
import type { Notice } from '../notice.ts'
import { dingtalkBody, dingtalkOutcome, dingtalkSign } from './dingtalk.ts'
import { emailMessage } from './email-message.ts'
import { maxPushBytes } from './push-encrypt.ts'
import { pushBody, pushHeaders } from './push-message.ts'
import { mentionsOf } from './robot-text.ts'
import { webhookBody, webhookHeaders } from './webhook-request.ts'
import { wecomBody, wecomOutcome } from './wecom.ts'

const at = Date.UTC(2026, 10, 27, 8, 5, 9)
const notice: Notice = {
  key: 'alarm.raised:school-a/o1',
  kind: 'alarm.raised',
  code: 'alarm.raised',
  priority: 2,
  params: {
    title: { zh: '照度过低', en: 'Too dark' },
    place: { zh: '一中 / 101', en: 'No. 1 / 101' },
    value: 120,
    limit: 300,
  },
  node: 'room-101',
  link: '/alarms',
  at,
}
const other = (n: number): Notice => ({
  ...notice,
  key: `o${n}`,
  priority: 3,
  params: { title: `<@all> [x](http://evil) #${n}` },
})
const zh = { language: 'zh-CN', timeZone: 'Asia/Shanghai' } as const
const consoleUrl = 'https://campus.example'

function message(others = 0, reader: Parameters<typeof messageOf>[1]['reader'] = zh): Message {
  const more = Array.from({ length: others }, (_, i) => other(i))
  return messageOf([notice, ...more], { id: 'job-1', reader, consoleUrl })
}
const long: Message = { ...message(), lines: Array.from({ length: 400 }, (_, i) => `第 ${i} 行，很长的一行`) }
const nobody = mentionsOf([])

test('WeCom: markdown, as its documentation has it', () => {
  expect(JSON.stringify(wecomBody(message(), nobody))).toBe(
    '{"msgtype":"markdown","markdown":{"content":"<font color=\\"warning\\">**【二级告警】照度过低**</font>\\n' +
      '> 位置：一中 / 101\\n> 触发值：120\\n> 限值：300\\n> 发生时间：2026-11-27 16:05:09\\n' +
      '[打开控制台](https://campus.example/alarms)"}}',
  )
})

test('WeCom: user ids in markdown, telephone numbers and everybody in a text', () => {
  const { markdown } = wecomBody(message(), mentionsOf(['zhangsan'])) as { markdown: { content: string } }
  expect(markdown.content).toMatch(/\n<@zhangsan>$/)
  expect(wecomBody(message(1), mentionsOf(['@all', '13800001111', 'zhangsan']))).toEqual({
    msgtype: 'text',
    text: {
      content:
        '【二级告警】照度过低\n位置：一中 / 101\n触发值：120\n限值：300\n发生时间：2026-11-27 16:05:09\n' +
        '另有 1 条\n· 【三级告警】<@all> [x](http://evil) #0\nhttps://campus.example/alarms',
      mentioned_list: ['zhangsan', '@all'],
      mentioned_mobile_list: ['13800001111'],
    },
  })
})

test('DingTalk: markdown, with the called in the text as well', () => {
  expect(JSON.stringify(dingtalkBody(message(), mentionsOf(['13800001111', 'user1'])))).toBe(
    '{"msgtype":"markdown","markdown":{"title":"【二级告警】照度过低","text":"#### 【二级告警】照度过低\\n\\n' +
      '> 位置：一中 / 101\\n\\n> 触发值：120\\n\\n> 限值：300\\n\\n> 发生时间：2026-11-27 16:05:09\\n\\n' +
      '[打开控制台](https://campus.example/alarms)\\n\\n@13800001111 @user1"},' +
      '"at":{"atMobiles":["13800001111"],"atUserIds":["user1"],"isAtAll":false}}',
  )
  expect(dingtalkBody(message(), mentionsOf(['@all'])).at.isAtAll).toBe(true)
})

test('DingTalk: the signature is HMAC-SHA256 of time and secret under the secret', () => {
  // Made with: printf '1764230709000\nSECthis is a secret' | openssl dgst -sha256 -hmac 'SECthis is a secret' -binary | base64
  expect(dingtalkSign('SECthis is a secret', 1_764_230_709_000)).toBe(
    'SWiQLZ2WbklQG6OE0/xXtbNdgZQxyh4yxLeVKXziaLM=',
  )
})

test('a name of outside calls nobody and leads nowhere', () => {
  const robots = [wecomBody(message(3), nobody), dingtalkBody(message(3), nobody)]
  for (const body of robots) {
    const text = JSON.stringify(body)
    expect(text).toContain('另有 3 条')
    expect(text).not.toContain('<@all>')
    expect(text).not.toContain('](http://evil')
  }
})

test('nothing is longer than it may be, and the link stays', () => {
  const bytes = (text: string) => Buffer.byteLength(text)
  const markdown = wecomBody(long, nobody) as { markdown: { content: string } }
  const text = wecomBody(long, mentionsOf(['@all'])) as { text: { content: string } }
  const dingtalk = dingtalkBody(long, nobody)
  expect(bytes(markdown.markdown.content)).toBeLessThanOrEqual(4096)
  expect(bytes(markdown.markdown.content)).toBeGreaterThan(3900)
  expect(bytes(text.text.content)).toBeLessThanOrEqual(2048)
  expect(bytes(dingtalk.markdown.text)).toBeLessThanOrEqual(8000)
  for (const one of [markdown.markdown.content, text.text.content, dingtalk.markdown.text])
    expect(one).toContain('https://campus.example/alarms')
  expect(bytes(JSON.stringify(pushBody(long)))).toBeLessThanOrEqual(maxPushBytes)
})

test('what robots answer: done, too much, wrong for good', () => {
  expect(wecomOutcome({ errcode: 0, errmsg: 'ok' })).toEqual({ ok: true })
  expect(wecomOutcome({ errcode: 45_009, errmsg: 'api freq out of limit' })).toMatchObject({
    retry: true,
    retryAfterMs: 60_000,
  })
  expect(wecomOutcome({ errcode: 93_000, errmsg: 'invalid webhook url' })).toEqual({
    ok: false,
    reason: 'refused',
    detail: 'errcode 93000: invalid webhook url',
    retry: false,
  })
  expect(dingtalkOutcome({ errcode: 0, errmsg: 'ok' })).toEqual({ ok: true })
  expect(dingtalkOutcome({ errcode: 130_101, errmsg: 'send too fast' })).toMatchObject({
    retry: true,
    retryAfterMs: 600_000,
  })
  expect(dingtalkOutcome({ errcode: 310_000, errmsg: 'sign not match' })).toMatchObject({ retry: false })
  expect(dingtalkOutcome({ errcode: -1, errmsg: '系统繁忙' })).toMatchObject({ retry: true })
})

test('a webhook: the body and the signature of every byte of it', () => {
  const body = JSON.stringify(webhookBody(message(1), 'Asia/Shanghai'))
  expect(body).toBe(
    '{"version":1,"id":"job-1","kind":"alarm.raised","code":"alarm.raised","params":{"title":{"zh":"照度过低","en":"Too dark"},' +
      '"place":{"zh":"一中 / 101","en":"No. 1 / 101"},"value":120,"limit":300},"priority":2,"node":"room-101",' +
      '"at":"2026-11-27T08:05:09.000Z","title":"【二级告警】照度过低","lines":["位置：一中 / 101","触发值：120","限值：300",' +
      '"发生时间：2026-11-27 16:05:09"],"url":"https://campus.example/alarms","otherCount":1,"others":[{"kind":"alarm.raised",' +
      '"code":"alarm.raised","params":{"title":"<@all> [x](http://evil) #0"},"priority":3,"node":"room-101",' +
      '"at":"2026-11-27T08:05:09.000Z","title":"【三级告警】<@all> [x](http://evil) #0","lines":["发生时间：2026-11-27 16:05:09"],' +
      '"url":"https://campus.example/alarms"}]}',
  )
  expect(webhookHeaders('a secret of the receiver', at, message(), '{"a":1}')).toEqual({
    'content-type': 'application/json; charset=utf-8',
    'user-agent': 'campus-notifications/1',
    'idempotency-key': 'job-1',
    'campus-timestamp': '1795766709',
    // printf '1795766709.{"a":1}' | openssl dgst -sha256 -hmac 'a secret of the receiver'
    'campus-signature': 'v1=fbaeb92939c55364fdb27e6ede011e37f575b4ae531a3dbe0516d4c1c8e5d74b',
  })
})

test('a push: what the service worker shows, and how urgent it is', () => {
  expect(JSON.stringify(pushBody(message(12)))).toBe(
    '{"title":"【二级告警】照度过低","path":"/alarms","tag":"job-1","lang":"zh-CN","stays":false,' +
      '"body":"位置：一中 / 101\\n触发值：120\\n限值：300\\n发生时间：2026-11-27 16:05:09\\n另有 12 条，其中：\\n' +
      '· 【三级告警】<@all> [x](http://evil) #0\\n· 【三级告警】<@all> [x](http://evil) #1\\n' +
      '· 【三级告警】<@all> [x](http://evil) #2\\n· 【三级告警】<@all> [x](http://evil) #3\\n' +
      '· 【三级告警】<@all> [x](http://evil) #4"}',
  )
  expect([1, 2, 3, 4].map((priority) => pushHeaders({ priority } as Message).urgency)).toEqual([
    'high',
    'high',
    'normal',
    'low',
  ])
})

test('a mail, byte by byte', async () => {
  const mail = emailMessage(message(1, { language: 'en', timeZone: 'Asia/Shanghai' }), {
    from: '智慧校园 <campus@school.example>',
    to: 'li@school.example',
  })
  const bytes = await new MailComposer(mail).compile().build()
  expect(bytes.toString().split('\r\n')).toEqual([
    'Auto-Submitted: auto-generated',
    'Content-Language: en',
    'X-Priority: 1',
    'Importance: high',
    'From: =?UTF-8?B?5pm65oWn5qCh5Zut?= <campus@school.example>',
    'To: li@school.example',
    'Subject: [Priority 2 alarm] Too dark',
    'Message-ID: <job-1@school.example>',
    'Date: Fri, 27 Nov 2026 08:05:09 +0000',
    'Content-Transfer-Encoding: quoted-printable',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    '',
    '[Priority 2 alarm] Too dark',
    '',
    'Place: No. 1 / 101',
    'Value: 120',
    'Limit: 300',
    'Raised: 2026-11-27 16:05:09',
    '',
    '1 more',
    '=C2=B7 [Priority 3 alarm] <@all> [x](http://evil) #0',
    '',
    'Open the console: https://campus.example/alarms',
    '',
  ])
})

test('a subject of outside cannot add a header', async () => {
  const evil = { ...message(), title: 'x\r\nBcc: all@school.example' }
  const mail = emailMessage(evil, { from: 'a@b.cn', to: 'li@school.example' })
  const text = (await new MailComposer(mail).compile().build()).toString()
  expect(text.split('\r\n\r\n')[0]).not.toMatch(/^Bcc:/m)
})
