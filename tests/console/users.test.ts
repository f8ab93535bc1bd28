import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { decodeQR } from 'qr/decode.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '#simulators/demo/free-port.ts'
import { appCode, decodeBase32 } from '../support/authenticator.ts'
import {
  accessibilityProblems,
  buildConsole,
  expectText,
  settled,
  sidewaysScroll,
  TestBrowser,
} from '../support/chromium.ts'
import { startOidcServer } from '../support/oidc-server.ts'
import { describeWith } from '../support/servers.ts'
import { type TempFolder, tempFolder } from '../support/temp-folder.ts'
import { password, TestCloud } from '../support/test-cloud.ts'

const pictures = process.env.CAMPUS_TEST_PICTURES
const chosen = 'Korrekt-Pferd-7'
const unauthenticated = /401 \(Unauthorized\)/

async function looksRight(page: Page, name: string): Promise<void> {
  if (pictures !== undefined) {
    await mkdir(pictures, { recursive: true })
    await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true })
  }
  expect([name, await sidewaysScroll(page)]).toEqual([name, 0])
  expect([name, await accessibilityProblems(page)]).toEqual([name, []])
}

/** What a phone would read from it. */
async function readQr(page: Page): Promise<string> {
  const size = 320
  const pixels = await page.evaluate<number[]>(`(() => {
    const image = document.querySelector('img.qr')
    const canvas = document.createElement('canvas')
    canvas.width = canvas.height = ${size}
    const context = canvas.getContext('2d')
    context.fillStyle = 'white'
    context.fillRect(0, 0, ${size}, ${size})
    context.drawImage(image, 10, 10, ${size - 20}, ${size - 20})
    return [...context.getImageData(0, 0, ${size}, ${size}).data]
  })()`)
  return decodeQR({ width: size, height: size, data: Uint8Array.from(pixels) })
}

describeWith(['chromium'], 'accounts in the console', () => {
  let folder: TempFolder
  let oidc: Awaited<ReturnType<typeof startOidcServer>>
  let cloud: TestCloud
  let browser: TestBrowser

  beforeAll(async () => {
    await buildConsole()
    folder = await tempFolder()
    const host = '127.0.0.1'
    const [httpPort, mqttPort] = await Promise.all([freePort(host), freePort(host)])
    const publicUrl = `http://${host}:${httpPort}`
    const clientSecret = 'the secret of the client'
    oidc = await startOidcServer({
      ...{ publicUrl, clientId: 'campus', clientSecret },
      people: {
        'p-1': { name: '赵敏', preferred_username: 'zhao', groups: ['school-3131000002-guards'] },
        'p-2': { name: '访客', groups: [] },
      },
    })
    await writeFile(folder.file('oidc-secret'), clientSecret)
    const school = (id: string, zh: string, schoolCode: string) => ({ id, title: { zh }, schoolCode })
    cloud = await TestCloud.start({
      folder: join(folder.path, 'cloud'),
      ...{ host, httpPort, mqttPort, gateways: [] },
      more: {
        bureau: { id: 'city', title: { zh: '临港教育局' } },
        campuses: [
          school('school-a', '第一中学', '3131000001'),
          school('school-b', '第二中学', '3131000002'),
        ],
        signIn: {
          publicUrl,
          oidc: [
            {
              id: 'city',
              title: { zh: '教育局统一认证', en: 'the bureau' },
              issuer: oidc.issuer,
              clientId: 'campus',
              clientSecretFile: folder.file('oidc-secret'),
              rules: [{ claim: 'groups', matches: 'school-(\\d{10})-guards', role: 'guard', school: '$1' }],
            },
          ],
        },
      },
    })
    browser = await TestBrowser.start()
  })

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await cloud?.[Symbol.asyncDispose]()
    await oidc?.[Symbol.asyncDispose]()
    await folder?.[Symbol.asyncDispose]()
  })

  test('an administrator adds a guard of one school, who chooses a password and sees that school only', async () => {
    let once = ''
    await browser.browse({ origin: cloud.origin }, async ({ page, signIn }) => {
      await signIn('admin', password)
      await page.getByRole('button', { name: /账户/ }).click()
      await page.getByRole('menuitem', { name: '用户' }).click()
      await page.waitForURL(/\/users$/)
      await settled(page)
      await expectText(page.getByRole('table'), /facilities.*设施运维 · 全部地点/)
      await looksRight(page, 'users-list-zh')
      await page.getByRole('button', { name: '添加用户' }).click()
      await page.getByRole('button', { name: '添加', exact: true }).click()
      await expectText(page.locator('form'), /以字母或数字开头.*请输入姓名/)
      await page.getByLabel('用户名').fill('wang')
      await page.getByLabel('姓名').fill('王芳')
      expect(await page.getByRole('button', { name: '加上角色' }).isDisabled()).toBe(true)
      await page.getByLabel('查找地点').fill('第一')
      await page.getByRole('button', { name: '加上角色' }).click()
      await expectText(page.locator('.chips'), '值守 · 第一中学')
      await looksRight(page, 'users-add-zh')
      await page.getByRole('button', { name: '添加', exact: true }).click()
      await page.waitForURL(/\/users$/)
      once = (await page.getByTestId('one-time-password').textContent()) ?? ''
      await expectText(page.getByRole('table'), /王芳.*wang.*值守 · 第一中学.*待改初始密码/)
      await looksRight(page, 'users-added-zh')
    })
    await browser.browse({ origin: cloud.origin }, async ({ page, open, expectProblem }) => {
      expectProblem(unauthenticated)
      expectProblem(/422 \(Unprocessable/)
      await page.goto(`${cloud.origin}/sign-in?next=/tree`)
      await page.getByLabel('用户名').fill('wang')
      await page.getByLabel('密码').fill(once)
      await page.keyboard.press('Enter')
      await page.waitForURL(/\/duty/)
      await settled(page)
      await expectText(page.getByRole('main'), '请先修改密码')
      // There is no way around it.
      await page.goto(`${cloud.origin}/devices`)
      await page.waitForURL(/\/duty\?next=%2Fdevices/)
      await page.goto(`${cloud.origin}/duty?next=/tree`)
      await page.getByLabel('当前密码').fill(once)
      await page.getByLabel('新密码', { exact: true }).fill('wang')
      await page.getByLabel('再输一次新密码').fill('wang')
      await page.getByRole('button', { name: '修改密码' }).click()
      await expectText(page.getByRole('alert'), /至少需要 10 个字符.*不能包含姓名/)
      await looksRight(page, 'duty-zh')
      await page.getByLabel('新密码', { exact: true }).fill(chosen)
      await page.getByLabel('再输一次新密码').fill(chosen)
      await page.getByRole('button', { name: '修改密码' }).click()
      await page.waitForURL(/\/tree$/)
      await settled(page)
      await expectText(page.getByRole('main'), '第一中学')
      expect(await page.getByRole('main').textContent()).not.toContain('第二中学')
      await page.getByRole('button', { name: /账户/ }).click()
      expect(await page.getByRole('menuitem', { name: '用户' }).count()).toBe(0)
      await open('/devices')
    })
  })

  test('an account that is switched off is out at once', async () => {
    await browser.browse({ origin: cloud.origin }, async ({ page, signIn, open, expectProblem }) => {
      expectProblem(unauthenticated)
      expectProblem(/403 \(Forbidden\)/)
      await signIn('admin', password)
      await open('/users?q=wang')
      await page.getByRole('link', { name: '王芳' }).click()
      await settled(page)
      await looksRight(page, 'users-edit-zh')
      await page.getByRole('button', { name: '停用' }).click()
      await page.getByRole('dialog').getByRole('button', { name: '确定' }).click()
      await expectText(page.getByRole('main'), '已停用')
      const session = { username: 'wang', password: chosen }
      const signedIn = await page.evaluate(
        `fetch('/api/v1/session', { method: 'POST', headers: { 'content-type': 'application/json' },
          body: ${JSON.stringify(JSON.stringify(session))} }).then((answer) => answer.json())`,
      )
      expect(signedIn).toMatchObject({ code: 'ACCOUNT_DISABLED' })
      await page.getByRole('button', { name: '启用' }).click()
      await page.getByRole('dialog').getByRole('button', { name: '确定' }).click()
      await page.getByRole('button', { name: '停用' }).waitFor()
    })
  })

  test('a second factor is set up by its code, and signing in then takes two steps', async () => {
    let recovery = ''
    await browser.browse(
      { origin: cloud.origin, language: 'en' },
      async ({ page, signIn, open, expectProblem }) => {
        expectProblem(unauthenticated)
        await signIn('guard', password)
        await open('/account')
        await looksRight(page, 'account-en')
        const part = page.getByRole('region', { name: 'Second factor' })
        await part.getByLabel('Your password').fill('not it')
        await part.getByRole('button', { name: 'Set it up' }).click()
        await expectText(part.getByRole('alert'), 'The password is wrong.')
        await part.getByLabel('Your password').fill(password)
        await part.getByRole('button', { name: 'Set it up' }).click()
        const text = (await page.getByTestId('totp-secret').textContent()) ?? ''
        const secret = decodeBase32(text)
        await page.getByRole('img', { name: 'QR code for the app' }).waitFor()
        expect(await readQr(page)).toContain(`secret=${text}&`)
        await looksRight(page, 'account-qr-en')
        await part.getByLabel('Code', { exact: true }).fill(appCode(secret, Date.now()))
        await part.getByRole('button', { name: 'Confirm' }).click()
        await page.getByTestId('recovery-codes').waitFor()
        const codes = await page.getByTestId('recovery-codes').getByRole('listitem').allTextContents()
        expect(codes).toHaveLength(10)
        recovery = codes[0] ?? ''
        await looksRight(page, 'account-codes-en')
        await part.getByRole('button', { name: 'I have kept them' }).click()
        await expectText(part, /It is on.*10 recovery codes are left/)
      },
    )
    await browser.browse(
      { origin: cloud.origin, width: 390, height: 844, theme: 'dark' },
      async ({ page, open, expectProblem }) => {
        expectProblem(unauthenticated)
        await page.goto(`${cloud.origin}/sign-in?next=/account`)
        await looksRight(page, 'sign-in-phone-zh')
        await page.getByLabel('用户名').fill('guard')
        await page.getByLabel('密码').fill(password)
        await page.keyboard.press('Enter')
        await page.getByLabel('动态口令').fill('000000')
        await looksRight(page, 'sign-in-code-phone-zh')
        await page.keyboard.press('Enter')
        await expectText(page.getByRole('alert'), '动态口令不正确或已用过')
        await page.getByLabel('动态口令').fill(recovery)
        await page.keyboard.press('Enter')
        await page.waitForURL(/\/account$/)
        await settled(page)
        await expectText(page.getByRole('main'), /还剩 9 个恢复码/)
        await expectText(page.getByRole('table'), /Chrome · Linux 本机/)
        await looksRight(page, 'account-phone-zh')
        await open('/devices')
      },
    )
  })

  test('the list of users fits a phone', async () => {
    await browser.browse(
      { origin: cloud.origin, width: 390, height: 844, language: 'en' },
      async ({ page, signIn, open }) => {
        await signIn('admin', password)
        await open('/users')
        await looksRight(page, 'users-phone-en')
        await open('/users?edit=new')
        await looksRight(page, 'users-add-phone-en')
        await open('/users?q=nobody-at-all')
        await expectText(page.getByRole('main'), 'No user found')
        await looksRight(page, 'users-empty-phone-en')
      },
    )
  })

  test('signing in at a service and leaving it: the role is the one of the rules', async () => {
    await browser.browse({ origin: cloud.origin }, async ({ page, expectProblem }) => {
      expectProblem(/foreign request: http:\/\/127\.0\.0\.1/)
      expectProblem(unauthenticated)
      expectProblem(/favicon/)
      await page.goto(`${cloud.origin}/sign-in?next=/tree`)
      await page.getByRole('link', { name: '用教育局统一认证登录' }).waitFor()
      await looksRight(page, 'sign-in-providers-zh')
      await page.getByRole('link', { name: '用教育局统一认证登录' }).click()
      await page.getByLabel('Name').fill('p-1')
      await page.getByRole('button', { name: 'Go' }).click()
      await page.waitForURL(/\/tree$/)
      await settled(page)
      await expectText(page.getByRole('main'), '第二中学')
      expect(await page.getByRole('main').textContent()).not.toContain('第一中学')
      await page.goto(`${cloud.origin}/account`)
      await settled(page)
      await expectText(page.getByRole('main'), /赵敏 · zhao.*值守 · 第二中学.*统一认证/)
      await page.getByRole('button', { name: /账户/ }).click()
      await page.getByRole('menuitem', { name: '退出登录' }).click()
      await page.waitForURL((url) => url.origin === oidc.issuer)
      await page.getByRole('button', { name: /sign me out/i }).click()
      await page.waitForURL(/\/sign-in/)
    })
  })

  test('whom no rule gives a role is told so in words', async () => {
    await browser.browse({ origin: cloud.origin }, async ({ page, expectProblem }) => {
      expectProblem(/foreign request: http:\/\/127\.0\.0\.1/)
      expectProblem(/favicon/)
      await page.goto(`${cloud.origin}/sign-in`)
      await page.getByRole('link', { name: '用教育局统一认证登录' }).click()
      await page.getByLabel('Name').fill('p-2')
      await page.getByRole('button', { name: 'Go' }).click()
      await page.waitForURL(/\/sign-in\?problem=ACCOUNT_UNMAPPED/)
      await expectText(page.getByRole('alert'), '没有给你分配角色')
      await looksRight(page, 'sign-in-unmapped-zh')
    })
  })
})
