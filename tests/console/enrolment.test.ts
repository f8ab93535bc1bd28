import { mkdir } from 'node:fs/promises'
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
import { run } from '../support/program.ts'
import { describeWith } from '../support/servers.ts'
import { type TempFolder, tempFolder } from '../support/temp-folder.ts'
import { password, TestCloud } from '../support/test-cloud.ts'
import { TestGateway, type TestGatewayOptions, writeGatewayConfig } from '../support/test-gateway.ts'

const host = '127.0.0.1'
const pictures = process.env.CAMPUS_TEST_PICTURES

async function looksRight(page: Page, name: string): Promise<void> {
  if (pictures !== undefined) {
    await mkdir(pictures, { recursive: true })
    await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true })
  }
  expect(await accessibilityProblems(page), name).toEqual([])
  expect(await sidewaysScroll(page), name).toBe(0)
}

describeWith(['chromium'], 'gateways are added and enrolled in the browser', () => {
  let folder: TempFolder
  let cloud: TestCloud
  let browser: TestBrowser
  const gateways = new AsyncDisposableStack()

  beforeAll(async () => {
    await buildConsole()
    folder = await tempFolder()
    const [httpPort, mqttPort] = await Promise.all([freePort(host), freePort(host)])
    cloud = await TestCloud.start({ folder: folder.file('cloud'), host, httpPort, mqttPort, gateways: [] })
    browser = await TestBrowser.start()
  })

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await gateways.disposeAsync()
    await cloud?.[Symbol.asyncDispose]()
    await folder?.[Symbol.asyncDispose]()
  })

  async function machine(id: string, port: number): Promise<TestGatewayOptions> {
    return {
      ...{ id, host, folder: folder.file(id), devices: [], credentials: [] },
      brokerPort: await freePort(host),
      healthPort: await freePort(host),
      cloud: { port, reconnectMax: '1s' },
    }
  }

  const codeOn = async (page: Page) => {
    const line = await page.getByRole('textbox', { name: /注册命令|enrolment command/ }).inputValue()
    return /--enrol (\S+)$/.exec(line)?.[1] ?? ''
  }

  test('an administrator adds a gateway, copies the line, and sees it come; then revokes it', async () => {
    await browser.browse({ origin: cloud.origin }, async ({ page, signIn, expectProblem }) => {
      await signIn('admin', password)
      await page.getByRole('link', { name: '网关', exact: true }).click()
      await settled(page)
      await expectText(page.getByRole('main'), '还没有网关')
      await page.getByRole('button', { name: '添加网关' }).click()
      await page.getByLabel('网关编号').fill('School A')
      await page.getByRole('button', { name: '添加并生成令牌' }).click()
      await expectText(page.getByRole('main'), '请填写 2 至 63 位小写字母')
      await looksRight(page, 'enrolment-zh-1-form')
      await page.getByLabel('网关编号').fill('school-a')
      await page.getByLabel('中文名称').fill('第一中学')
      await page.getByRole('button', { name: '添加并生成令牌' }).click()
      const panel = page.getByRole('region', { name: '注册网关 school-a' })
      await expectText(panel, /等待网关注册.*令牌剩余 23:5\d:\d\d.*从未连接/)
      await page.getByRole('button', { name: '复制注册命令' }).click()
      await expectText(panel, '已复制')
      await looksRight(page, 'enrolment-zh-2-token')

      const options = await machine('school-a', cloud.mqttPort)
      const file = await writeGatewayConfig(options)
      const enrolled = await run({
        name: 'enrol',
        args: ['gateway/main.ts', '--config', file, '--enrol', await codeOn(page)],
      })
      expect(enrolled.output).toMatch(/school-a is enrolled/)
      await expectText(panel, '已注册')
      gateways.use(await TestGateway.start(options))
      await expectText(panel, '已连接')
      await looksRight(page, 'enrolment-zh-3-connected')

      await panel.getByRole('link', { name: '查看网关' }).click()
      await settled(page)
      const identity = page.getByRole('region', { name: '身份与证书' })
      const serial = /certificate ([0-9A-F]+)/.exec(enrolled.output)?.[1] ?? ''
      await expectText(identity, /已注册，使用证书.*证书有效至.*20\d\d.*签发于.*首次使用/)
      await expectText(identity, serial)
      await looksRight(page, 'enrolment-zh-4-gateway')

      await identity.getByRole('button', { name: '吊销' }).click()
      await expectText(page.getByRole('dialog'), /吊销 第一中学.*连接将被断开/)
      await looksRight(page, 'enrolment-zh-5-revoke')
      await page.keyboard.press('Escape')
      await expectText(identity, '已注册，使用证书')
      await identity.getByRole('button', { name: '吊销' }).click()
      // The gateway may go in the middle of asking it for its lines.
      expectProblem(/50[34]/)
      await page.getByRole('button', { name: '确认吊销' }).click()
      await expectText(identity, '已吊销，不能连接')
      await expectText(page.getByRole('main'), '未连接')

      await identity.getByRole('button', { name: '生成新令牌' }).click()
      await expectText(identity, /等待网关注册.*令牌剩余/)
      expect(await codeOn(page)).toMatch(/^mqtts:\/\/127\.0\.0\.1:\d+\/[\w-]{43}\/[0-9a-f]{64}$/)
    })
  })

  test('a form that is refused says where, in English and on a phone', async () => {
    await browser.browse(
      { origin: cloud.origin, language: 'en', theme: 'dark', width: 390, height: 844 },
      async (opened) => {
        const { page, signIn, open, expectProblem } = opened
        await signIn('admin', password)
        await open('/gateways')
        await page.getByRole('button', { name: 'Add a gateway' }).click()
        await page.getByLabel('Id of the gateway').fill('school-a')
        expectProblem(/409/)
        await page.getByRole('button', { name: 'Add and make a token' }).click()
        await expectText(page.getByRole('main'), 'There is a gateway with this id')
        await looksRight(page, 'enrolment-en-1-taken')
        await page.getByLabel('Id of the gateway').fill('school-b')
        await page.getByRole('button', { name: 'Add and make a token' }).click()
        await expectText(page.getByRole('main'), /Waiting for the gateway.*the token is good for/)
        await looksRight(page, 'enrolment-en-2-token')
        await page.getByRole('button', { name: 'Done' }).click()
        await page.getByRole('link', { name: 'school-b' }).click()
        await settled(page)
        await expectText(
          page.getByRole('region', { name: 'Identity and certificate' }),
          'Waiting to be enrolled',
        )
        await looksRight(page, 'enrolment-en-3-gateway')
      },
    )
  })

  test('who only reads sees the certificate and no button', async () => {
    await browser.browse({ origin: cloud.origin }, async ({ page, signIn, open }) => {
      await signIn('bureau', password)
      await open('/gateways')
      expect(await page.getByRole('button', { name: '添加网关' }).count()).toBe(0)
      await open('/gateways/school-b')
      await expectText(page.getByRole('region', { name: '身份与证书' }), '等待注册')
      expect(await page.getByRole('button', { name: /吊销|生成新令牌/ }).count()).toBe(0)
    })
  })
})
