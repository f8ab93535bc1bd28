import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  accessibilityProblems,
  buildConsole,
  settled,
  sidewaysScroll,
  TestBrowser,
} from '../support/chromium.ts'
import { describeWith } from '../support/servers.ts'
import { type Campus, lux, meter, startCampus } from '../support/test-campus.ts'
import { password } from '../support/test-cloud.ts'
import { waitFor } from '../support/wait-for.ts'

const paths = [
  '/devices',
  '/devices/test-campus/meter-1',
  '/points/test-campus/lux-1/illuminance',
  '/points/test-campus/lux-1/illuminance?range=24h&view=table',
  '/gateways',
  '/gateways/test-campus',
  '/gateways/test-campus/ledger',
  '/alarms',
  '/alarms/quality',
  '/tree?node=test-campus',
]

const looks = [
  { name: 'Chinese, light, desktop', language: 'zh-CN', theme: 'light', width: 1366, height: 768 },
  { name: 'English, dark, desktop', language: 'en', theme: 'dark', width: 1366, height: 768 },
  { name: 'Chinese, dark, phone', language: 'zh-CN', theme: 'dark', width: 390, height: 844 },
  { name: 'English, light, small phone', language: 'en', theme: 'light', width: 320, height: 640 },
] as const

describeWith(['chromium'], 'how the console looks', () => {
  let campus: Campus
  let browser: TestBrowser

  beforeAll(async () => {
    await buildConsole()
    campus = await startCampus({
      devices: [meter('meter-1', 1), lux('lux-1', { interval: '1s' })],
      rules: [
        {
          id: 'dark',
          point: 'lux-1/illuminance',
          below: 300,
          hysteresis: 20,
          priority: 1,
          title: { en: 'Dark' },
        },
      ],
    })
    await campus.site.set('lux-1', 'illuminance', 100)
    browser = await TestBrowser.start()
    await waitFor(async () => expect(await campus.cloud.api.alarms()).toHaveLength(1), { timeoutMs: 60_000 })
  })

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await campus?.[Symbol.asyncDispose]()
  })

  test.each(looks)('$name: axe finds nothing and nothing scrolls sideways', async (look) => {
    await browser.browse({ origin: campus.cloud.origin, ...look }, async ({ page, signIn, open }) => {
      await page.goto(`${campus.cloud.origin}/sign-in`)
      await settled(page)
      expect(await accessibilityProblems(page)).toEqual([])
      await signIn('facilities', password)
      for (const path of paths) {
        await open(path)
        if (path.startsWith('/points') && !path.includes('table'))
          await page.locator('canvas').first().waitFor()
        expect(await accessibilityProblems(page), path).toEqual([])
        expect(await sidewaysScroll(page), path).toBe(0)
      }
    })
  })

  test('axe is awake: it finds what is planted', async () => {
    await browser.browse({ origin: campus.cloud.origin }, async ({ page, signIn }) => {
      await signIn('facilities', password)
      await page.evaluate('document.querySelector("main").append(document.createElement("img"))')
      await page.evaluate('document.querySelector("main img").src = "/icon.svg"')
      expect(await accessibilityProblems(page)).toEqual([expect.stringMatching(/^image-alt/)])
    })
  })

  test('no Chinese is left in English but for names, and no key of the dictionary shows', async () => {
    await browser.browse({ origin: campus.cloud.origin, language: 'en' }, async ({ page, signIn, open }) => {
      await signIn('facilities', password)
      for (const path of paths) {
        await open(path)
        const name = (await page.locator('.user-name').textContent()) ?? ''
        const text = ((await page.locator('body').textContent()) ?? '').replace(name, '').replace('中文', '')
        expect(text, path).not.toMatch(/\p{Script=Han}/u)
        expect(text, path).not.toMatch(
          /\b(devices|device|point|gateways|ledger|alarms|state|quality)\.[a-z]+[A-Z]?\w*\b/,
        )
      }
    })
  })

  test('with the keyboard alone one gets from signing in to a chart, and always sees where one is', async () => {
    await campus.site.set('lux-1', 'illuminance', 140)
    await browser.browse({ origin: campus.cloud.origin }, async ({ page }) => {
      await page.goto(`${campus.cloud.origin}/sign-in`)
      await page.getByLabel('用户名').focus()
      await page.keyboard.type('facilities')
      await page.keyboard.press('Tab')
      await page.keyboard.type(password)
      await page.keyboard.press('Enter')
      await page.getByRole('navigation').first().waitFor()
      await settled(page)
      await tabTo(page, (text) => text.includes('test-campus/lux-1'))
      expect(await page.evaluate('getComputedStyle(document.activeElement).outlineWidth')).toBe('3px')
      await page.keyboard.press('Enter')
      await page.waitForURL(/\/devices\/test-campus\/lux-1/)
      await settled(page)
      const link = page.locator('a[href$="/lux-1/illuminance"]')
      await link.focus()
      await page.keyboard.press('Enter')
      await page.locator('canvas').first().waitFor()
      const slider = page.getByRole('slider')
      const reading = () => slider.getAttribute('aria-valuetext')
      await waitFor(async () => expect(await reading()).toContain('140 lx'))
      await slider.focus()
      await page.keyboard.press('Home')
      await waitFor(async () => expect(await reading()).not.toContain('140 lx'))
    })
  })

  test('the choice of language and theme is kept', async () => {
    await browser.browse({ origin: campus.cloud.origin }, async ({ page, signIn, open }) => {
      await signIn('facilities', password)
      await page.getByRole('button', { name: '切换到深色' }).click()
      await page.getByRole('button', { name: 'English' }).click()
      await open('/gateways')
      await page.getByRole('heading', { name: 'Gateways' }).waitFor()
      expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark')
      expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(18, 22, 27)')
    })
  })
})

type Keyboard = { press(key: string): Promise<void> }
type Tabbed = { readonly keyboard: Keyboard; evaluate<T>(code: string): Promise<T> }

/** Presses Tab until the focused element's text is the wanted one. */
async function tabTo(page: Tabbed, isWanted: (text: string) => boolean): Promise<void> {
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press('Tab')
    const text = await page.evaluate<string>(
      '(document.activeElement.closest("tr") ?? document.activeElement).textContent + document.activeElement.tagName',
    )
    if (text.endsWith('A') && isWanted(text)) return
  }
  throw new Error('Tab never got there')
}
