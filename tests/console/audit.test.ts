import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSqlite } from '#lib/sqlite.ts'
import { freePort } from '#simulators/demo/free-port.ts'
import {
  accessibilityProblems,
  buildConsole,
  expectText,
  settled,
  sidewaysScroll,
  TestBrowser,
} from '../support/chromium.ts'
import { describeWith } from '../support/servers.ts'
import { type TempFolder, tempFolder } from '../support/temp-folder.ts'
import { password, TestCloud } from '../support/test-cloud.ts'

/** For a person to look at; nothing is compared. */
const pictures = process.env.CAMPUS_TEST_PICTURES

async function looksRight(page: Page, name: string): Promise<void> {
  if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true })
  expect(await accessibilityProblems(page), name).toEqual([])
  expect(await sidewaysScroll(page), name).toBe(0)
}

describeWith(['chromium'], 'the audit log in the browser', () => {
  let folder: TempFolder
  let cloud: TestCloud
  let browser: TestBrowser

  beforeAll(async () => {
    await buildConsole()
    folder = await tempFolder()
    const host = '127.0.0.1'
    const [httpPort, mqttPort] = await Promise.all([freePort(host), freePort(host)])
    const gateways = [{ id: 'school-a', token: 'a token for tests only' }]
    cloud = await TestCloud.start({ folder: folder.path, host, httpPort, mqttPort, gateways })
    const device = { id: 'cam-1', profile: 'onvif.camera', title: { zh: '校门' }, password: 'hush' }
    await cloud.api
      .call('/api/v1/gateways/school-a/devices', { method: 'POST', body: JSON.stringify({ device }) })
      .catch(() => 'the gateway is away, and that is in the log too')
    browser = await TestBrowser.start()
  })

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await cloud?.[Symbol.asyncDispose]()
    await folder?.[Symbol.asyncDispose]()
  })

  test('an administrator finds who did what, by keyboard, and takes it away as a file', async () => {
    await browser.browse({ origin: cloud.origin }, async ({ page, signIn }) => {
      await signIn('admin', password)
      await page.getByRole('button', { name: /^账户/ }).click()
      await page.getByRole('menuitem', { name: '审计日志' }).click()
      await page.getByRole('heading', { name: '审计日志' }).waitFor()
      await settled(page)
      const table = page.getByRole('table', { name: '审计记录' })
      await expectText(table, /登录.*接入设备.*school-a\/cam-1.*被拒.*网关未连接/)
      await expectText(table, /创建账号.*系统.*bureau/)
      await looksRight(page, 'audit-zh-1-list')

      await page.getByRole('button', { name: '接入设备' }).press('Enter')
      const dialog = page.getByRole('dialog')
      await expectText(dialog, /请求内容.*"zh": "校门".*\[redacted\].*摘要（sha256）/)
      await expectText(dialog, /admin.*127\.0\.0\.1/)
      await looksRight(page, 'audit-zh-2-row')
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'detached' })

      await page.getByRole('button', { name: '检查' }).click()
      await expectText(
        page.getByRole('region', { name: '完整性' }),
        /共 (\d+) 条，到第 \1 条为止完整.*末条摘要 \1:/,
      )
      await looksRight(page, 'audit-zh-3-checked')

      await page.getByLabel('操作').selectOption('device.added')
      await page.getByLabel('对象').fill('cam')
      await page.keyboard.press('Enter')
      await page.waitForURL(/action=device\.added&target=cam/)
      await expectText(page.getByRole('status').last(), '本页 1 条')
      await page.getByLabel('人员').fill('nobody')
      await page.keyboard.press('Enter')
      await page.getByRole('link', { name: '清除筛选' }).click()
      await table.waitFor()

      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: 'CSV' }).click(),
      ])
      expect(file.suggestedFilename()).toMatch(/^audit-\d{4}-\d\d-\d\d-\d+\.csv$/)
      expect(await readFile(await file.path(), 'utf8')).toMatch(/^\ufeffseq,at,action.*\r\n1,/)
    })
  })

  test('on a phone, in English: a row that was changed in the file shows, and a wrong range is told', async () => {
    const phone = { language: 'en', theme: 'dark', width: 360, height: 740 } as const
    await browser.browse({ origin: cloud.origin, ...phone }, async ({ page, signIn, open }) => {
      await signIn('admin', password)
      {
        using state = openSqlite({ path: folder.file('data/state.db') })
        state.exec("UPDATE audit SET username = 'somebody' WHERE seq = 2")
      }
      await open('/audit')
      await page.getByRole('button', { name: 'Check' }).click()
      await expectText(
        page.getByRole('region', { name: 'Integrity' }),
        /not to be trusted from row 2 on.*This row was changed.*Last good row 1:/,
      )
      await page.getByLabel('From', { exact: true }).fill('2026-01-02T00:00')
      await page.getByLabel('To', { exact: true }).fill('2026-01-01T00:00')
      await page.getByRole('button', { name: 'Filter' }).click()
      await expectText(page.getByRole('search'), 'The end has to be after the beginning.')
      await looksRight(page, 'audit-en-1-list')
      await page.getByRole('button', { name: 'Device added' }).click()
      await looksRight(page, 'audit-en-2-row')
      await page.getByRole('button', { name: 'Close' }).click()
      const text = (await page.locator('main').textContent()) ?? ''
      expect(text).not.toMatch(/audit\.|undefined/)
    })
  })

  test('it waits with a skeleton, says what failed, and is for administrators alone', async () => {
    await browser.browse({ origin: cloud.origin }, async ({ page, signIn, expectProblem }) => {
      await signIn('facilities', password)
      await page.getByRole('button', { name: /^账户/ }).click()
      await page.getByRole('menuitem', { name: '退出登录' }).waitFor()
      expect(await page.getByRole('menuitem', { name: '审计日志' }).count()).toBe(0)
      const answered = Promise.withResolvers<void>()
      await page.route('**/api/v1/audit?*', async (route) => {
        await answered.promise
        await route.continue()
      })
      expectProblem(/403/)
      await page.goto(`${cloud.origin}/audit`)
      await page.getByTestId('loading').first().waitFor()
      answered.resolve()
      await expectText(page.getByRole('alert').first(), '没有')
    })
  })
})
