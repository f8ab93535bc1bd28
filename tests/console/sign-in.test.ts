import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '#simulators/demo/free-port.ts'
import { buildConsole, expectText, settled, TestBrowser } from '../support/chromium.ts'
import { describeWith } from '../support/servers.ts'
import { type TempFolder, tempFolder } from '../support/temp-folder.ts'
import { password, TestCloud } from '../support/test-cloud.ts'

describeWith(['chromium'], 'signing in to the console', () => {
  let folder: TempFolder
  let cloud: TestCloud
  let browser: TestBrowser

  beforeAll(async () => {
    await buildConsole()
    folder = await tempFolder()
    const host = '127.0.0.1'
    const [httpPort, mqttPort] = await Promise.all([freePort(host), freePort(host)])
    cloud = await TestCloud.start({
      folder: join(folder.path, 'cloud'),
      host,
      httpPort,
      mqttPort,
      gateways: [],
    })
    browser = await TestBrowser.start()
  })

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await cloud?.[Symbol.asyncDispose]()
    await folder?.[Symbol.asyncDispose]()
  })

  const unauthenticated = /401 \(Unauthorized\)/

  test('a wrong password is refused in the reader’s language, empty fields before asking the server', async () => {
    await browser.browse({ origin: cloud.origin }, async ({ page, expectProblem }) => {
      expectProblem(unauthenticated)
      await page.goto(`${cloud.origin}/sign-in`)
      await page.getByRole('button', { name: '登录' }).click()
      await expectText(page.locator('form'), /请输入用户名.*请输入密码/)
      await page.getByLabel('用户名').fill('admin')
      await page.getByLabel('密码').fill('not the password')
      await page.keyboard.press('Enter')
      await expectText(page.getByRole('alert'), '用户名或密码不正确')
      await page.getByRole('button', { name: 'English' }).click()
      await expectText(page.getByRole('alert'), 'User name or password is wrong.')
      expect(await page.evaluate('document.documentElement.lang')).toBe('en')
    })
  })

  test('after signing in one is where one wanted to go, after signing out nothing is left', async () => {
    await browser.browse({ origin: cloud.origin }, async ({ page, expectProblem }) => {
      expectProblem(unauthenticated)
      await page.goto(`${cloud.origin}/alarms?show=history`)
      await page.waitForURL(/\/sign-in\?next=/)
      await page.getByLabel('用户名').fill('facilities')
      await page.getByLabel('密码').fill(password)
      await page.keyboard.press('Enter')
      await page.waitForURL(/\/alarms\?show=history$/)
      await settled(page)
      await page.getByRole('button', { name: /账户/ }).click()
      await page.getByRole('menuitem', { name: '退出登录' }).click()
      await page.waitForURL(/\/sign-in$/)
      await page.goto(`${cloud.origin}/gateways`)
      await page.waitForURL(/\/sign-in\?next=%2Fgateways$/)
    })
  })

  test('a session that ends elsewhere leads to the sign-in and back', async () => {
    await browser.browse({ origin: cloud.origin }, async ({ page, signIn, expectProblem }) => {
      await signIn('facilities', password)
      expectProblem(unauthenticated)
      await page.getByRole('link', { name: '网关' }).first().click()
      await page.waitForURL(/\/gateways$/)
      const session = (await page.context().cookies()).find(({ name }) => name === 'session')
      const authorization = `Bearer ${session?.value}`
      const ended = await fetch(`${cloud.origin}/api/v1/session`, {
        method: 'DELETE',
        headers: { authorization },
      })
      expect(ended.status).toBe(204)
      // Nobody touches the page: the server says goodbye over the socket.
      await page.waitForURL(/\/sign-in\?next=/, { timeout: 40_000 })
      await expectText(page.getByRole('main'), '登录已失效')
      await page.getByLabel('用户名').fill('facilities')
      await page.getByLabel('密码').fill(password)
      await page.keyboard.press('Enter')
      await page.waitForURL(/\/gateways$/)
    })
  })

  test('a link cannot lead to another site after signing in', async () => {
    await browser.browse({ origin: cloud.origin }, async ({ page }) => {
      await page.goto(`${cloud.origin}/sign-in?next=//example.org/`)
      await page.getByLabel('用户名').fill('facilities')
      await page.getByLabel('密码').fill(password)
      await page.keyboard.press('Enter')
      await page.waitForURL(/\/devices$/)
      expect(new URL(page.url()).origin).toBe(cloud.origin)
    })
  })

  test('an empty cloud says what to do next on every page', async () => {
    await browser.browse({ origin: cloud.origin }, async ({ page, signIn, open }) => {
      await signIn('facilities', password)
      await expectText(page.getByRole('main'), /还没有设备.*查看网关/)
      await open('/gateways')
      await expectText(page.getByRole('main'), /还没有网关.*令牌/)
      await open('/alarms')
      await expectText(page.getByRole('main'), /当前没有待处理的告警.*新的告警会立即出现在这里/)
      await open('/no/such/page')
      await expectText(page.getByRole('main').first(), /没有这个页面.*回到设备列表/)
    })
  })
})
