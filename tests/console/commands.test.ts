import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  accessibilityProblems,
  buildConsole,
  expectText,
  sidewaysScroll,
  TestBrowser,
} from '../support/chromium.ts'
import { give, isLinked } from '../support/command-campus.ts'
import { describeWith } from '../support/servers.ts'
import { type Campus, startCampus } from '../support/test-campus.ts'
import { password } from '../support/test-cloud.ts'
import { waitFor } from '../support/wait-for.ts'

const dimmer = '/devices/test-campus/dimmer'
const valve = '/devices/test-campus/valve'
const cooler = '/devices/test-campus/cooler'

/** The control of one point: switch or slider or list, what it shows, what became of the last command. */
const control = (page: Page, point: string) => page.locator(`[data-control="${point}"]`)
const status = (page: Page, point: string) => control(page, point).getByRole('status')

describeWith(['chromium'], 'commands in the console', () => {
  let campus: Campus
  let browser: TestBrowser

  beforeAll(async () => {
    await buildConsole()
    campus = await startCampus({
      devices: [
        {
          ...{ id: 'dimmer', profile: 'wirenboard.mdm3', unit: 1 },
          // Channel 2 is switched and stays as it is.
          signals: { 'channel.2/light.on': { gen: 'follow', delay: '1h' } },
        },
        { id: 'valve', profile: 'wirenboard.mwac', unit: 2 },
        { id: 'cooler', profile: 'onokom.air-hr-1', unit: 3 },
      ],
      interlocks: [
        {
          id: 'not-together',
          target: 'dimmer/channel.3/light.on',
          values: [true],
          blockedWhile: { point: 'dimmer/channel.1/light.on', equals: true },
          title: { zh: '一号灯亮时不能开三号灯', en: 'Not while lamp 1 is on' },
        },
      ],
    })
    for (const device of ['dimmer', 'valve', 'cooler']) await isLinked(campus, device, 'up')
    browser = await TestBrowser.start()
  })

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await campus?.[Symbol.asyncDispose]()
  })

  test('a switch is thrown, confirmed by the device, and written down with who and when', async () => {
    await browser.browse({ origin: campus.cloud.origin }, async ({ page, signIn, open }) => {
      await signIn('facilities', password)
      await open(dimmer)
      const lamp = control(page, 'channel.1/light.on').getByRole('switch')
      expect(await lamp.getAttribute('aria-checked')).toBe('false')
      await lamp.click()
      await expectText(status(page, 'channel.1/light.on'), '已确认，设备显示 开')
      await waitFor(async () => expect(await lamp.getAttribute('aria-checked')).toBe('true'))
      const row = page.getByRole('table', { name: '最近指令' }).getByRole('row').nth(1)
      await expectText(row, /→ 开.*已确认.*设施/)
    })
  })

  test('a level is set by number and by slider with the keyboard alone', async () => {
    await browser.browse({ origin: campus.cloud.origin }, async ({ page, signIn, open }) => {
      await signIn('facilities', password)
      await open(dimmer)
      const level = control(page, 'channel.1/light.level')
      await level.getByRole('spinbutton').fill('40')
      await page.keyboard.press('Enter')
      await expectText(status(page, 'channel.1/light.level'), '已确认，设备显示 40 %')
      await level.getByRole('slider').focus()
      await page.keyboard.press('ArrowRight')
      await page.keyboard.press('ArrowRight')
      await level.getByRole('button', { name: /设定/ }).focus()
      await page.keyboard.press('Enter')
      await expectText(status(page, 'channel.1/light.level'), '已确认，设备显示 42 %')
    })
  })

  test('a list offers what the device takes, in words', async () => {
    await browser.browse({ origin: campus.cloud.origin, language: 'en' }, async ({ page, signIn, open }) => {
      await signIn('admin', password)
      await open(cooler)
      const mode = control(page, 'hvac.mode')
      await mode.getByRole('combobox').click()
      await page.getByTitle('Dry').click()
      await mode.getByRole('button', { name: /Set/ }).click()
      await expectText(status(page, 'hvac.mode'), 'Confirmed: the device shows Dry')
    })
  })

  test('a lamp that does not follow is not called switched', async () => {
    await browser.browse({ origin: campus.cloud.origin }, async ({ page, signIn, open }) => {
      await signIn('facilities', password)
      await open(dimmer)
      const lamp = control(page, 'channel.2/light.on').getByRole('switch')
      const before = await lamp.getAttribute('aria-checked')
      await lamp.click()
      await expectText(status(page, 'channel.2/light.on'), /已写入，但设备显示 .，请到现场查看/)
      expect(await lamp.getAttribute('aria-checked')).toBe(before)
    })
  })

  test('an interlock says why, in the words of the campus', async () => {
    await browser.browse({ origin: campus.cloud.origin }, async ({ page, signIn, open }) => {
      await signIn('facilities', password)
      await open(dimmer)
      await waitFor(async () =>
        expect(
          await control(page, 'channel.1/light.on').getByRole('switch').getAttribute('aria-checked'),
        ).toBe('true'),
      )
      await control(page, 'channel.3/light.on').getByRole('switch').click()
      await expectText(status(page, 'channel.3/light.on'), '已拒绝：一号灯亮时不能开三号灯')
    })
  })

  test('what is risky asks first, naming device and place; no means nothing happens', async () => {
    await browser.browse({ origin: campus.cloud.origin }, async ({ page, signIn, open }) => {
      await signIn('facilities', password)
      await open(valve)
      const output = control(page, 'relay.1').getByRole('switch')
      await output.click()
      const dialog = page.getByRole('dialog')
      await expectText(dialog, /test-campus\/valve/)
      await expectText(dialog, /位置.*未填写/)
      expect(await accessibilityProblems(page)).toEqual([])
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'hidden' })
      expect(await status(page, 'relay.1').textContent()).toBe('')
      await output.click()
      await dialog.getByRole('button', { name: /执行/ }).click()
      await expectText(status(page, 'relay.1'), '已确认')
    })
  })

  test('a device that is off: a command waits and says so; one is dropped, one is done when it is back', async () => {
    await campus.site.fault('cooler', { kind: 'silent' })
    await isLinked(campus, 'cooler', 'down')
    await browser.browse({ origin: campus.cloud.origin }, async ({ page, signIn, open }) => {
      await signIn('facilities', password)
      await open(cooler)
      await page.getByText('设备离线。指令会等待设备恢复').waitFor()
      await give(campus, 'cooler/hvac.mode', { value: 'fan', expiresInS: 2 })
      await expectText(status(page, 'hvac.mode'), '已作废，没有执行：设备一直离线')
      const mode = control(page, 'hvac.mode')
      await mode.getByRole('combobox').click()
      await page.getByTitle('制热').click()
      await mode.getByRole('button', { name: /设定/ }).click()
      await expectText(status(page, 'hvac.mode'), '设备离线，指令等待中')
      await campus.site.heal('cooler')
      await expectText(status(page, 'hvac.mode'), '已确认，设备显示 制热')
    })
  })

  test('who may not operate sees the controls, cannot use them, and reads why', async () => {
    await browser.browse({ origin: campus.cloud.origin }, async ({ page, signIn, open }) => {
      await signIn('guard', password)
      await open(dimmer)
      await page.getByText(/您的角色是“.+”，只能查看/).waitFor()
      expect(await control(page, 'channel.1/light.on').getByRole('switch').isDisabled()).toBe(true)
      expect(await control(page, 'channel.1/light.level').getByRole('spinbutton').isDisabled()).toBe(true)
      await expectText(page.getByRole('table', { name: '最近指令' }), '已确认')
    })
  })

  test.each([
    { name: 'Chinese, phone', language: 'zh-CN', theme: 'light', width: 360, height: 740 },
    { name: 'English, dark, phone', language: 'en', theme: 'dark', width: 360, height: 740 },
    { name: 'English, desk', language: 'en', theme: 'light', width: 1366, height: 768 },
  ] as const)('$name: axe finds nothing and nothing scrolls sideways', async (look) => {
    await browser.browse({ origin: campus.cloud.origin, ...look }, async ({ page, signIn, open }) => {
      await signIn('facilities', password)
      for (const path of [dimmer, valve, cooler]) {
        await open(path)
        await page.locator('[data-control]').first().waitFor()
        expect(await accessibilityProblems(page), path).toEqual([])
        expect(await sidewaysScroll(page), path).toBe(0)
      }
    })
  })
})
