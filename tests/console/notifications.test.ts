import { createECDH } from 'node:crypto'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '#simulators/demo/free-port.ts'
import {
  accessibilityProblems,
  buildConsole,
  expectText,
  settled,
  sidewaysScroll,
  TestBrowser,
} from '../support/chromium.ts'
import { startReceiver } from '../support/http-receiver.ts'
import { startMailServer } from '../support/mail-receiver.ts'
import { describeWith } from '../support/servers.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { password, TestCloud } from '../support/test-cloud.ts'
import { waitFor } from '../support/wait-for.ts'

/** For a person to look at; nothing is compared. */
const pictures = process.env.CAMPUS_TEST_PICTURES

async function looksRight(page: Page, name: string): Promise<void> {
  if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true })
  expect(await accessibilityProblems(page), name).toEqual([])
  expect(await sidewaysScroll(page), name).toBe(0)
}

/**
 * The browser's own push service is on the internet. What the browser would get from it is put in its place: a subscription
 * with an address of the test's.
 */
function ownPushService(endpoint: string, p256dh: string): string {
  return `
    let current = null
    const subscription = {
      toJSON: () => ({ endpoint: ${JSON.stringify(endpoint)}, keys: { p256dh: ${JSON.stringify(p256dh)}, auth: 'AAAAAAAAAAAAAAAAAAAAAA' } }),
      unsubscribe: async () => { current = null; return true },
    }
    PushManager.prototype.subscribe = async () => (current = subscription)
    PushManager.prototype.getSubscription = async () => current
  `
}

describeWith(['chromium'], 'notifications in the browser', () => {
  const started = new AsyncDisposableStack()
  let cloud: TestCloud
  let browser: TestBrowser
  let mail: Awaited<ReturnType<typeof startMailServer>>
  let receiver: Awaited<ReturnType<typeof startReceiver>>

  beforeAll(async () => {
    await buildConsole()
    const folder = started.use(await tempFolder())
    mail = started.use(await startMailServer())
    receiver = started.use(
      await startReceiver(({ path }) => ({ status: path.startsWith('/push') ? 201 : 200 })),
    )
    const host = '127.0.0.1'
    const [httpPort, mqttPort] = await Promise.all([freePort(host), freePort(host)])
    cloud = started.use(
      await TestCloud.start({
        ...{ folder: folder.path, host, httpPort, mqttPort },
        gateways: [{ id: 'school-a', token: 'a token for tests only' }],
        notifications: {
          consoleUrl: `http://${host}:${httpPort}`,
          smtp: { host, port: mail.port, security: 'none', from: 'campus@school.example' },
          webhooks: { privateAddresses: true },
          wecomUrl: receiver.origin,
        },
      }),
    )
    const node = { kind: 'campus', title: { zh: '第一中学', en: 'No. 1 School' } }
    await cloud.api.call('/api/v1/tree/nodes/campus-a', { method: 'PUT', body: JSON.stringify(node) })
    browser = started.use(await TestBrowser.start())
  })
  afterAll(() => started.disposeAsync())

  test('a person chooses how to be told, by keyboard, and tries it', async () => {
    await browser.browse({ origin: cloud.origin }, async ({ page, signIn, expectProblem }) => {
      await page.context().grantPermissions(['notifications'], { origin: cloud.origin })
      const p256dh = createECDH('prime256v1').generateKeys('base64url')
      await page.addInitScript(ownPushService(`${receiver.origin}/push/1`, p256dh))
      await signIn('admin', password)
      await page.getByRole('button', { name: /^账户/ }).click()
      await page.getByRole('menuitem', { name: '通知设置' }).click()
      await page.getByRole('heading', { name: '通知', exact: true }).waitFor()
      await settled(page)
      await expectText(page.getByRole('region', { name: '浏览器推送' }), '本浏览器未开启推送')
      await looksRight(page, 'notifications-zh-1-mine')

      expectProblem(/400/)
      await page.getByLabel('邮箱地址').fill('not an address')
      await page.keyboard.press('Enter')
      await expectText(page.getByRole('region', { name: '通知方式' }), '请输入一个邮箱地址')
      await page.getByLabel('邮箱地址').fill('li@school.example')
      await page.getByLabel('邮件', { exact: true }).selectOption('4')
      await page.getByLabel('启用免打扰').check()
      await page.getByLabel('从', { exact: true }).fill('21:30')
      await looksRight(page, 'notifications-zh-2-quiet')
      await page.getByRole('button', { name: '保存' }).click()
      await expectText(page.getByRole('region', { name: '通知方式' }), '已保存')
      await waitFor(async () => {
        const mine = await cloud.api.call('/api/v1/me/notifications')
        expect(mine).toMatchObject({
          settings: {
            quiet: { from: '21:30', to: '06:30' },
            email: { enabled: true, address: 'li@school.example', minPriority: 4 },
          },
        })
      })

      await page.getByRole('button', { name: '在本浏览器开启' }).click()
      await expectText(
        page.getByRole('region', { name: '浏览器推送' }),
        /本浏览器已开启推送.*Chrome · Linux 本浏览器/,
      )
      await page.getByRole('button', { name: '发送测试通知' }).click()
      const outcome = page.getByRole('region', { name: '测试' }).getByRole('status')
      await expectText(outcome, /邮件 已发送/)
      await expectText(outcome, /浏览器推送 已发送/)
      expect(mail.mails.at(-1)?.to).toEqual(['li@school.example'])
      expect(receiver.received.some(({ path }) => path === '/push/1')).toBe(true)
      await looksRight(page, 'notifications-zh-3-tested')

      await page.getByRole('link', { name: '发送记录' }).click()
      await expectText(page.getByRole('table', { name: '发送记录' }), /通知测试.*邮件.*已发送/)
      await looksRight(page, 'notifications-zh-4-log')
      await page.getByLabel('结果').selectOption('failed')
      await page.waitForURL(/state=failed/)
      await expectText(page.locator('main'), '没有发送记录')

      await page.getByRole('link', { name: '我的通知' }).click()
      await page.getByRole('button', { name: '在本浏览器关闭' }).click()
      await expectText(page.getByRole('region', { name: '浏览器推送' }), '本浏览器未开启推送')
    })
  })

  test('what is pushed is shown by the real service worker, and a click leads to the page', async () => {
    await browser.browse({ origin: cloud.origin }, async ({ page, signIn }) => {
      await page.context().grantPermissions(['notifications'], { origin: cloud.origin })
      await signIn('guard', password)
      await page.evaluate(
        `navigator.serviceWorker.register('/push-worker.js').then(() => navigator.serviceWorker.ready).then(() => true)`,
      )
      const protocol = await page.context().newCDPSession(page)
      let registrationId = ''
      protocol.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
        registrationId = registrations.find((one) => !one.isDeleted)?.registrationId ?? registrationId
      })
      await protocol.send('ServiceWorker.enable')
      const data = JSON.stringify({
        ...{
          title: '【一级告警】烟雾',
          body: '位置：实验楼',
          path: '/alarms',
          tag: 'job-1',
          lang: 'zh-CN',
          stays: true,
        },
      })
      await waitFor(async () => {
        // A second one of the same tag takes the place of the first.
        await protocol.send('ServiceWorker.deliverPushMessage', {
          origin: cloud.origin,
          registrationId,
          data,
        })
        expect(
          await page.evaluate(`navigator.serviceWorker.ready.then((it) => it.getNotifications())
            .then((all) => all.map(({ title, body, tag, requireInteraction, data }) => ({ title, body, tag, requireInteraction, data })))`),
        ).toEqual([
          {
            ...{ title: '【一级告警】烟雾', body: '位置：实验楼', tag: 'job-1', requireInteraction: true },
            data: { path: '/alarms' },
          },
        ])
      })
      // Chromium lets no test click on a notification: what the worker then says to the page is said here.
      await page.evaluate(
        `navigator.serviceWorker.dispatchEvent(new MessageEvent('message', { data: { kind: 'open', path: '/alarms' } }))`,
      )
      await page.waitForURL(/\/alarms$/)
    })
  })

  test('an administrator adds a robot, is told what is wrong, tries it and removes it', async () => {
    receiver.answers(({ path }) => ({
      body: JSON.stringify(
        path.includes('right-key')
          ? { errcode: 0, errmsg: 'ok' }
          : { errcode: 93_000, errmsg: 'invalid webhook url' },
      ),
    }))
    await browser.browse({ origin: cloud.origin }, async ({ page, signIn, open, expectProblem }) => {
      await signIn('admin', password)
      await open('/notification-channels')
      await expectText(page.locator('main'), '还没有通知渠道')
      await looksRight(page, 'channels-zh-1-empty')
      await page.getByRole('button', { name: '添加企业微信机器人' }).click()
      const form = page.getByRole('region', { name: '添加企业微信机器人' })
      expectProblem(/400/)
      await form.getByRole('button', { name: '保存' }).click()
      await expectText(form, '请输入名称。')
      await form.getByLabel('名称').fill('值班群')
      await form.getByLabel('范围').selectOption('campus-a')
      await form
        .getByLabel('机器人地址或密钥')
        .fill('https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=wrong-key')
      await form.getByLabel('提醒谁').fill('@all 13800001111')
      await looksRight(page, 'channels-zh-2-form')
      await form.getByRole('button', { name: '保存' }).click()
      const table = page.getByRole('table', { name: '通知渠道' })
      await expectText(table, /值班群.*企业微信机器人.*第一中学.*一级至三级.*尚未发送/)
      await page.getByRole('button', { name: '测试 值班群' }).click()
      await expectText(table, /失败 对方拒绝errcode 93000: invalid webhook url/)
      await looksRight(page, 'channels-zh-3-failed')
      await page.getByRole('button', { name: '修改 值班群' }).click()
      await page.getByLabel('机器人地址或密钥').fill('right-key')
      await page.getByRole('button', { name: '保存' }).click()
      await page.getByRole('region', { name: '修改 值班群' }).waitFor({ state: 'detached' })
      await page.getByRole('button', { name: '测试 值班群' }).click()
      await expectText(table, /已发送/)
      expect(await page.content()).not.toContain('right-key')
      await page.getByRole('button', { name: '删除 值班群' }).click()
      await page.getByRole('dialog').getByRole('button', { name: '删除' }).click()
      await expectText(page.locator('main'), '还没有通知渠道')
    })
  })

  test('on a phone, in English and dark; who manages nothing sees no channels', async () => {
    receiver.answers(() => ({ status: 503, body: 'down' }))
    const hook = {
      ...{ kind: 'webhook', node: null, title: 'Duty system', enabled: true, minPriority: 2, language: 'en' },
      ...{ mentions: [], url: `${receiver.origin}/hook`, secret: 'sixteen characters' },
    }
    const body = JSON.stringify(hook)
    const made = await cloud.api.call<{ id: string }>('/api/v1/notification-channels', {
      method: 'POST',
      body,
    })
    await cloud.api.call(`/api/v1/notification-channels/${made.id}/test`, { method: 'POST' })
    const phone = { language: 'en', theme: 'dark', width: 390, height: 780 } as const
    await browser.browse({ origin: cloud.origin, ...phone }, async ({ page, signIn, open }) => {
      await signIn('admin', password)
      await open('/me/notifications')
      await looksRight(page, 'notifications-en-1-mine')
      await open('/notification-channels')
      await expectText(
        page.getByRole('table', { name: 'Channels' }),
        /Duty system.*Webhook.*refused by the other side/,
      )
      await looksRight(page, 'notifications-en-2-channels')
      await page.getByRole('button', { name: 'Add DingTalk robot' }).click()
      await page.mouse.move(0, 0)
      await looksRight(page, 'notifications-en-3-form')
      await open('/notifications/log')
      await looksRight(page, 'notifications-en-4-log')
      const text = (await page.locator('main').textContent()) ?? ''
      expect(text).not.toMatch(/notifications\.|undefined/)
    })
    await browser.browse({ origin: cloud.origin }, async ({ page, signIn, open, expectProblem }) => {
      await signIn('bureau', password)
      await open('/me/notifications')
      await expectText(page.getByLabel('邮件', { exact: true }), '按角色默认（不接收）')
      expect(await page.getByRole('link', { name: '通知渠道' }).count()).toBe(0)
      expectProblem(/403/)
      await page.goto(`${cloud.origin}/notification-channels`)
      await expectText(page.getByRole('alert').first(), '没有')
      await page.getByRole('button', { name: '重试' }).waitFor()
    })
  })
})
