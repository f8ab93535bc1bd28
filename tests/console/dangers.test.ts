import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  accessibilityProblems,
  buildConsole,
  expectText,
  settled,
  sidewaysScroll,
  TestBrowser,
} from '../support/chromium.ts'
import { describeWith } from '../support/servers.ts'
import { password, startTwoSchools, type TwoSchools } from '../support/two-schools.ts'

/** For a person to look at; nothing is compared. */
const pictures = process.env.CAMPUS_TEST_PICTURES

async function looksRight(page: Page, name: string): Promise<void> {
  if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true })
  expect(await accessibilityProblems(page), name).toEqual([])
  expect(await sidewaysScroll(page), name).toBe(0)
}

/** A picture as a phone would take it, made by the browser itself. */
async function takePhoto(page: Page, widthOfDanger = 900): Promise<void> {
  // Text, because the browser's own names are unknown here.
  const bytes = await page.evaluate<number[]>(`(async () => {
    const canvas = document.createElement('canvas')
    canvas.width = 3000
    canvas.height = 2000
    const picture = canvas.getContext('2d')
    picture.fillStyle = 'white'
    picture.fillRect(0, 0, 3000, 2000)
    picture.fillStyle = 'firebrick'
    picture.fillRect(500, 500, ${widthOfDanger}, 700)
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg'))
    return [...new Uint8Array(await blob.arrayBuffer())]
  })()`)
  const file = { name: 'photo.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(bytes) }
  await page.locator('input[type=file]').setInputFiles(file)
}

describeWith(['chromium'], 'hidden dangers in the browser', () => {
  const started = new AsyncDisposableStack()
  let schools: TwoSchools
  let browser: TestBrowser

  beforeAll(async () => {
    await buildConsole()
    schools = started.use(await startTwoSchools())
    browser = started.use(await TestBrowser.start())
  })
  afterAll(() => started.disposeAsync())

  const phone = { width: 390, height: 844 } as const

  test('a guard reports on the phone, a lead assigns, it is mended with a picture, inspected and closed', async () => {
    const { origin } = schools.cloud
    const title = '二楼灭火器压力不足'
    await browser.browse({ origin, ...phone }, async ({ page, signIn, open, expectProblem }) => {
      await signIn('a-guard', password)
      await open('/dangers')
      await page.getByRole('link', { name: '上报隐患' }).click()
      await page.getByRole('heading', { name: '上报隐患' }).waitFor()
      await page.getByRole('button', { name: '上报', exact: true }).click()
      await expectText(page.locator('form'), /请填写.*请填写/)
      await page.getByLabel('位置').selectOption('room-a')
      await page.getByRole('textbox', { name: '隐患' }).fill(title)
      await takePhoto(page)
      await page.getByText('已选 1 张照片').waitFor()
      await looksRight(page, 'dangers-zh-phone-1-form')
      // In a cellar: nothing is lost, and what was typed is still there after a reload.
      expectProblem(/ERR_FAILED|Failed to load/)
      await page.route('**/api/v1/dangers', (route) => route.abort())
      await page.getByRole('button', { name: '上报', exact: true }).click()
      await expectText(page.getByRole('alert'), '没有发出，内容仍保存在本机')
      await page.unroute('**/api/v1/dangers')
      await page.reload()
      await page.getByText('这是上次没有发出的内容').waitFor()
      await takePhoto(page)
      await page.getByText('已选 1 张照片').waitFor()
      await page.getByRole('button', { name: '上报', exact: true }).click()
      await page.getByRole('heading', { name: title }).waitFor()
      await expectText(page.locator('main'), /待定级.*经过.*上传照片.*上报/)
      expect(await page.getByRole('button', { name: '下达整改' }).count()).toBe(0)
      await looksRight(page, 'dangers-zh-phone-2-one')
    })

    await browser.browse({ origin }, async ({ page, signIn, open }) => {
      await signIn('a-lead', password)
      await open('/dangers')
      await expectText(page.getByRole('table', { name: '隐患清单' }), new RegExp(`${title}.*待定级`))
      await looksRight(page, 'dangers-zh-1-list')
      await page.getByRole('link', { name: title }).click()
      await page.getByRole('button', { name: '重大隐患' }).click()
      await page.getByLabel('责任人').selectOption({ label: '甲校之物 facilities' })
      await looksRight(page, 'dangers-zh-2-graded')
      await page.getByRole('button', { name: '下达整改' }).click()
      await page.getByRole('button', { name: '重新下达' }).waitFor()
      await looksRight(page, 'dangers-zh-3-assigned')
    })

    await browser.browse({ origin, ...phone }, async ({ page, signIn, open, expectProblem }) => {
      await signIn('a-facilities', password)
      await open('/dangers?show=mine')
      await page.getByRole('link', { name: title }).click()
      expectProblem(/409/)
      await page.getByLabel('整改情况').fill('已更换灭火器')
      await page.getByRole('button', { name: '提交整改' }).click()
      await expectText(page.getByRole('alert'), '请先上传整改后的照片')
      await takePhoto(page, 100)
      await page.locator('.danger-photos li').nth(1).waitFor()
      await expectText(page.locator('main'), /上传照片.*下达整改/)
      await page.getByRole('button', { name: '提交整改' }).click()
      await expectText(page.locator('main'), /状态待复查/)
      expect(await page.getByRole('button', { name: '复查通过' }).count()).toBe(0)
    })

    await browser.browse({ origin, language: 'en', theme: 'dark' }, async ({ page, signIn, open }) => {
      await signIn('a-lead', password)
      await open('/dangers?show=fixed')
      await page.getByRole('link', { name: title }).click()
      await page.getByLabel('What the inspection found').fill('looks good')
      await looksRight(page, 'dangers-en-1-inspect')
      await page.getByRole('button', { name: 'Inspection passed' }).click()
      await page.getByRole('button', { name: 'Close', exact: true }).click()
      await page.getByRole('button', { name: 'Reopen' }).waitFor()
      await settled(page)
      await expectText(page.locator('main'), /Closed.*Inspection passed.*looks good.*Handed in/)
      await looksRight(page, 'dangers-en-2-closed')
      const text = (await page.locator('main').textContent()) ?? ''
      expect(text).not.toMatch(/dangers\.|undefined/)
    })
  })

  test('another school finds nothing, and an official looks without buttons', async () => {
    const { origin } = schools.cloud
    await browser.browse(
      { origin, language: 'en', ...phone },
      async ({ page, signIn, open, expectProblem }) => {
        await signIn('a-bureau', password)
        await open('/dangers?show=all&q=nothing-like-this')
        await page.getByText('No danger matches').waitFor()
        await page.getByRole('link', { name: 'Clear the filter' }).click()
        await page.getByRole('table', { name: 'Hidden dangers' }).waitFor()
        expect(await page.getByRole('link', { name: 'Report a danger' }).count()).toBe(0)
        await looksRight(page, 'dangers-en-phone-1-list')
        expectProblem(/404/)
        await open('/dangers/not-there')
        await page.getByRole('heading', { name: 'There is no such danger' }).waitFor()
      },
    )
  })
})
