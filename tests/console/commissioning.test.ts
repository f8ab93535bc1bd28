import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { connectAsync } from 'mqtt'
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
import { type Campus, lux, meter, startCampus } from '../support/test-campus.ts'
import { password } from '../support/test-cloud.ts'
import { waitFor } from '../support/wait-for.ts'

/** For a person to look at; nothing is compared. */
const pictures = process.env.CAMPUS_TEST_PICTURES

async function picture(page: Page, name: string): Promise<void> {
  if (pictures === undefined) return
  await mkdir(pictures, { recursive: true })
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true })
}

async function looksRight(page: Page, name: string): Promise<void> {
  await picture(page, name)
  expect(await accessibilityProblems(page), name).toEqual([])
  expect(await sidewaysScroll(page), name).toBe(0)
}

describeWith(['chromium'], 'adding a device in the browser', () => {
  let campus: Campus
  let browser: TestBrowser

  beforeAll(async () => {
    await buildConsole()
    campus = await startCampus({
      devices: [
        meter('meter-1', 1),
        { ...meter('meter-7', 7), isUnknown: true },
        lux('lux-1', { interval: '300ms', isUnknown: true }),
        lux('lux-2', { isForeign: true }),
      ],
    })
    await campus.site.set('meter-7', 'voltage.l1', 231.5)
    await campus.site.set('lux-1', 'illuminance', 420)
    browser = await TestBrowser.start()
  })

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await campus?.[Symbol.asyncDispose]()
  })

  test('scan, choose, test read with raw beside decoded, name, add: live within seconds', async () => {
    await browser.browse({ origin: campus.cloud.origin }, async ({ page, signIn }) => {
      await signIn('facilities', password)
      await page.getByRole('link', { name: '接入设备' }).click()
      await settled(page)
      await page.getByLabel('结束站号').fill('12')
      await looksRight(page, 'zh-1-find')
      await page.getByRole('button', { name: '开始扫描' }).click()
      await expectText(page.getByRole('main'), /扫描完成：12 个站号中（已询问 12 个）找到 2 个/)
      // The one that is there already leads to its page; the other one can be chosen.
      await page.getByRole('link', { name: 'meter-1' }).waitFor()
      await page.getByRole('button', { name: '选择站号 7' }).click()

      await page.getByLabel('搜索设备档案').fill('eastron sdm630')
      await page.getByRole('radio', { name: /eastron\.sdm630/ }).check()
      expect(await page.getByLabel('站号', { exact: true }).inputValue()).toBe('7')
      await page.getByRole('button', { name: '测试读取' }).click()
      const table = page.getByRole('table', { name: '测试读取结果' })
      const row = table.getByRole('row').filter({ hasText: 'voltage.l1' }).first()
      await expectText(row, /4367.*8000.*231\.5 V.*正常/i)
      await looksRight(page, 'zh-2-test-read')

      await page.getByLabel('中文名称').fill('七号楼总表')
      await page.getByLabel('位置（中文）').fill('配电间')
      expect(await page.getByLabel('设备编号').getAttribute('placeholder')).toBe('sdm630-7')
      await page.getByRole('button', { name: '接入设备' }).click()
      await page.waitForURL(/\/devices\/test-campus\/sdm630-7$/)
      await page.getByRole('heading', { name: '七号楼总表' }).waitFor()
      await expectText(page.locator('[data-point$="/voltage.l1"]'), '231.5')
      await expectText(page.getByRole('main'), /配电间.*plant · 7/)
      await looksRight(page, 'zh-3-device')
    })
  })

  test('on a phone, in English, by hand: what is wrong is told at its field, then it works', async () => {
    const phone = { language: 'en', width: 360, height: 740 } as const
    await browser.browse({ origin: campus.cloud.origin, ...phone }, async (opened) => {
      const { page, signIn, open, expectProblem } = opened
      await signIn('admin', password)
      await open('/devices/add?gateway=test-campus')
      await page.getByText('By hand').click()
      await page.getByLabel('Protocol').selectOption('mqtt')
      await page.getByRole('button', { name: 'Next' }).click()
      await page.getByLabel('Search profiles').fill('illuminance')
      await page.getByRole('radio', { name: /zigbee2mqtt\.illuminance/ }).check()
      const add = page.getByRole('button', { name: 'Add the device' })
      expect(await add.isDisabled()).toBe(true)
      await page.getByLabel('name *').fill('a/#')
      await page.getByLabel('Device id').fill('Lux 1')
      expectProblem(/422/)
      await add.click()
      await expectText(page.getByRole('alert'), /Nothing was changed/)
      await expectText(page.getByRole('alert'), /id: expected an id/)
      await page.getByLabel('Device id').fill('lux-1')
      await add.click()
      await expectText(page.getByRole('alert'), /params\.name: expected/)
      expect(await page.getByLabel('name *').getAttribute('aria-invalid')).toBe('true')
      await looksRight(page, 'en-1-problems')

      await page.getByLabel('name *').fill('lux-1')
      await page.getByRole('button', { name: 'Test read' }).click()
      await expectText(page.getByRole('table', { name: 'What the test read saw' }), /illuminance.*420/)
      await looksRight(page, 'en-2-test-read')
      await page.getByLabel('Name in English').fill('Lamp sensor')
      await add.click()
      await page.waitForURL(/\/devices\/test-campus\/lux-1$/)
      await expectText(page.locator('[data-point$="/illuminance"]'), '420')
      await looksRight(page, 'en-3-device')

      await page.getByRole('button', { name: 'Remove the device' }).click()
      const dialog = page.getByRole('dialog')
      await expectText(dialog, /its history stays/)
      await looksRight(page, 'en-4-remove')
      await dialog.getByRole('button', { name: 'Remove', exact: true }).click()
      await page.getByRole('link', { name: 'Add it again' }).waitFor()
      const text = (await page.locator('main').textContent()) ?? ''
      expect(text).not.toMatch(/\p{Script=Han}|commissioning\./u)
    })
  })

  test('the page of a gateway shows its lines: who answers and how fast', async () => {
    await browser.browse({ origin: campus.cloud.origin }, async ({ page, signIn, open }) => {
      await signIn('guard', password)
      await open('/gateways/test-campus')
      const buses = page.getByRole('region', { name: '总线' })
      await expectText(buses, /plant.*modbus-tcp.*已连接/)
      await expectText(buses.getByRole('table'), /有应答.*meter-1/)
      await looksRight(page, 'zh-4-buses')
      // A guard may look, and is told why there is nothing to press.
      expect(await page.getByRole('link', { name: '接入设备' }).count()).toBe(0)
      await open('/devices/add')
      await expectText(page.getByRole('main'), /没有接入设备的权限/)
    })
  })

  test('the page of a device says what goes wrong with it and what to do about it', async () => {
    await browser.browse({ origin: campus.cloud.origin }, async ({ page, signIn, open }) => {
      await signIn('guard', password)
      await open('/devices/test-campus/sdm630-7')
      const errors = page.getByRole('region', { name: '最近的错误' })
      await expectText(errors, /自网关启动（\d\d:\d\d:\d\d）以来没有错误/)
      await looksRight(page, 'zh-5-no-errors')
      await campus.site.fault('meter-7', { kind: 'exception', rate: 1, code: 6 })
      await expectText(page.locator('[data-point$="/voltage.l1"]'), '–')
      await errors.getByRole('button', { name: '刷新' }).click()
      await expectText(
        errors.getByRole('table'),
        /设备拒绝请求.*plant · 7 · FC4 input \d+.*exception 6.*核对型号和档案/,
      )
      await looksRight(page, 'zh-5-errors')
      await campus.site.heal('meter-7')
    })
    // Not only Modbus, and on a phone, where a device's own bytes need room.
    const phone = { language: 'en', width: 360, height: 740 } as const
    await browser.browse({ origin: campus.cloud.origin, ...phone }, async ({ page, signIn, open }) => {
      await signIn('facilities', password)
      const bridge = await connectAsync(campus.gateway.brokerUrl, { ...campus.mqttLogin, protocolVersion: 4 })
      await bridge.publishAsync('zigbee2mqtt/lux-2', `{"password":"Not-Shown-42","${'x'.repeat(60)}`, {
        qos: 1,
      })
      await bridge.endAsync()
      await open('/devices/test-campus/lux-2')
      const table = page.getByRole('region', { name: 'Last errors' }).getByRole('table')
      await expectText(
        table,
        /Message cannot be used.*zigbee2mqtt\/lux-2.*not-json.*password":\*\*\*,"xxx.*Compare firmware/,
      )
      await looksRight(page, 'en-5-errors')
      expect(await page.getByRole('main').textContent()).not.toMatch(
        /Not-Shown|\p{Script=Han}|deviceErrors\./u,
      )
    })
  })

  test('discovery with nobody there says what to do; by keyboard alone one gets to the scan', async () => {
    await browser.browse({ origin: campus.cloud.origin }, async ({ page, signIn, open }) => {
      await signIn('facilities', password)
      await open('/devices/add')
      await page.getByText('自动发现').click()
      await waitFor(async () => expect(await page.locator('[aria-busy=true]').count()).toBe(0))
      await looksRight(page, 'zh-5-discovery')
      await open('/devices/add')
      await page.getByLabel('结束站号').focus()
      await page.keyboard.press('Control+A')
      await page.keyboard.type('3')
      await page.keyboard.press('Enter')
      await expectText(page.getByRole('main'), /找到 1 个/)
    })
  })

  test('a gateway that goes away is told in words, and the page goes on when it is back', async () => {
    await browser.browse({ origin: campus.cloud.origin }, async ({ page, signIn, open, expectProblem }) => {
      await signIn('facilities', password)
      await open('/devices/add')
      expectProblem(/503|504/)
      await campus.gateway.program.stop()
      await expectText(page.getByRole('main'), /这台网关没有连接/)
      await looksRight(page, 'zh-6-away')
      await open('/devices/test-campus/meter-1')
      const errors = page.getByRole('region', { name: '最近的错误' })
      await expectText(errors, /网关未连接，看不到错误记录/)
      await campus.gateway.restart()
      await expectText(errors, /以来没有错误/)
      await open('/devices/add')
      await page.getByRole('button', { name: '开始扫描' }).waitFor()
    })
  })
})
