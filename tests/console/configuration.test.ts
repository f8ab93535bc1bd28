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
import { ConfigClient } from '../support/config-client.ts'
import { describeWith } from '../support/servers.ts'
import { type Campus, lux, meter, startCampus } from '../support/test-campus.ts'
import { password } from '../support/test-cloud.ts'
import { waitFor } from '../support/wait-for.ts'

/** For a person to look at; nothing is compared. */
const pictures = process.env.CAMPUS_TEST_PICTURES

async function looksRight(page: Page, name: string): Promise<void> {
  await settled(page)
  if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true })
  expect(await accessibilityProblems(page), name).toEqual([])
  expect(await sidewaysScroll(page), name).toBe(0)
}

describeWith(['chromium'], 'the configuration of a gateway in the browser', () => {
  let campus: Campus
  let configs: ConfigClient
  let browser: TestBrowser

  beforeAll(async () => {
    await buildConsole()
    campus = await startCampus({
      devices: [lux('lux-1'), meter('meter-1', 1)],
      configuration: { settle: '1s', backAfter: '30s' },
    })
    configs = new ConfigClient(campus.cloud.api, campus.gatewayId)
    await waitFor(async () => expect((await configs.view()).own).toBeDefined())
    browser = await TestBrowser.start()
  })

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await campus?.[Symbol.asyncDispose]()
  })

  const rule = `rules:
  - id: dark
    point: lux-1/illuminance
    below: 300
    priority: 3
    title: { zh: 过暗, en: Too dark }
`

  test('what is wrong is told at its line; edit, look, apply, and it runs', async () => {
    const { cloud, gatewayId } = campus
    await browser.browse({ origin: cloud.origin }, async ({ page, signIn, open }) => {
      await signIn('admin', password)
      await open(`/gateways/${gatewayId}`)
      await page.getByRole('link', { name: '查看与修改' }).click()
      await page.getByRole('heading', { name: '网关配置' }).waitFor()
      await expectText(page.getByRole('main').getByRole('status').first(), '未由云端管理')
      await page.getByRole('button', { name: '修改配置' }).press('Enter')
      const text = page.getByLabel('配置内容（YAML）')
      const own = await text.inputValue()
      expect(own).toMatch(/devices:\n {2}- id: lux-1/)
      expect(own).not.toContain(campus.mqttLogin.password)

      const first = own.replace(/rules: \[\]\n/, '').replace(/interlocks: \[\]\n/, '')
      await text.fill(`${first}${rule.replace('lux-1/', 'lux-9/').replace('priority: 3', 'priority: 9')}`)
      await page.getByRole('button', { name: '检查并查看改动' }).click()
      await expectText(page.getByRole('alert').first(), /请先改正.*rules\[0\]\.priority/)
      const line = page.getByRole('button', { name: /第 \d+ 行/ }).first()
      await looksRight(page, 'config-zh-1-problems')
      await line.click()
      const chosen = await text.evaluate(
        (area: { value: string; selectionStart: number; selectionEnd: number }) =>
          area.value.slice(area.selectionStart, area.selectionEnd),
      )
      expect(chosen).toContain('priority: 9')

      await text.fill(`${first}${rule}`)
      await page.getByRole('button', { name: '检查并查看改动' }).click()
      await expectText(page.getByRole('table', { name: '改动' }), /rules\[dark\].*新增.*Too dark/)
      await page.getByLabel('说明').fill('教室照度告警')
      await looksRight(page, 'config-zh-2-diff')
      await page.getByRole('button', { name: `下发到 ${gatewayId}` }).click()
      await expectText(page.getByRole('main').getByRole('status').first(), '正常运行')
      await expectText(page.getByRole('table', { name: '历史版本' }), /1.*教室照度告警/)
      await looksRight(page, 'config-zh-3-running')
    })
    expect(await configs.view()).toMatchObject({ version: 1, state: 'running' })
  })

  test('on a phone, in English and dark: a version that the gateway refuses says why, and the one before comes back', async () => {
    const { cloud, gatewayId } = campus
    const { content } = await configs.view()
    const camera = {
      id: 'cam-1',
      profile: 'onvif.camera',
      host: '127.0.0.1',
      port: 9,
      username: 'a',
      secret: 'gate',
    }
    await configs.put({ ...content, devices: [...(content.devices as object[]), camera] })
    await configs.is('refused')
    const phone = { language: 'en', theme: 'dark', width: 390, height: 844 } as const
    await browser.browse({ origin: cloud.origin, ...phone }, async ({ page, signIn, open }) => {
      await signIn('admin', password)
      await open(`/gateways/${gatewayId}/config`)
      await expectText(page.getByRole('main').getByRole('status').first(), 'Refused by the gateway')
      await expectText(
        page.getByRole('alert').first(),
        /refused this version.*devices\[2\]\.secret.*cannot read/,
      )
      await expectText(page.getByRole('table', { name: 'What differs from what runs' }), /devices\[cam-1\]/)
      await looksRight(page, 'config-en-1-refused')
      await page.getByRole('button', { name: 'Change' }).click()
      await looksRight(page, 'config-en-2-editor')
      await page.getByRole('button', { name: 'Close' }).click()
      await page.getByRole('button', { name: 'Roll back to version 1' }).click()
      const dialog = page.getByRole('dialog')
      await expectText(dialog, /devices\[cam-1\].*Removed/)
      await looksRight(page, 'config-en-3-roll-back')
      await dialog.getByRole('button', { name: 'Roll back to version 1' }).click()
      await expectText(page.getByRole('main').getByRole('status').first(), 'Running')
      await expectText(page.getByRole('table', { name: 'Versions' }), /3.*Same as version 1/)
      const words = (await page.locator('main').textContent()) ?? ''
      expect(words).not.toMatch(/configuration\.|rollouts\.|undefined/)
    })
  })

  test('a roll-out is begun and followed to its end', async () => {
    const { cloud, gatewayId } = campus
    await browser.browse({ origin: cloud.origin }, async ({ page, signIn, open }) => {
      await signIn('admin', password)
      await open('/gateways')
      await page.getByRole('link', { name: '分批下发' }).click()
      await page.getByText('还没有分批下发').waitFor()
      await page.getByRole('button', { name: '新建分批下发' }).click()
      await page.getByRole('button', { name: /开始下发/ }).click()
      await expectText(page.getByRole('alert').first(), '请选择网关')
      await page.getByLabel('改动内容（YAML）').fill('outbox:\n  commitSamples: 400\n')
      await page.getByLabel(new RegExp(gatewayId)).check()
      await page.getByLabel('说明').fill('加大批次')
      await looksRight(page, 'rollout-zh-1-form')
      await page.getByRole('button', { name: '开始下发（1 台）' }).click()
      await page.getByRole('heading', { name: '加大批次' }).waitFor()
      await expectText(page.getByRole('main').getByRole('status').first(), '已完成')
      await expectText(page.getByRole('table', { name: '网关' }), /已运行/)
      await looksRight(page, 'rollout-zh-2-done')
    })
    const phone = { language: 'en', width: 390, height: 844 } as const
    await browser.browse({ origin: cloud.origin, ...phone }, async ({ page, signIn, open }) => {
      await signIn('facilities', password)
      await open('/rollouts')
      await expectText(page.getByRole('table', { name: 'Roll-outs' }), /加大批次.*Done.*1 of 1 run, 0 failed/)
      expect(await page.getByRole('button', { name: 'New roll-out' }).count()).toBe(0)
      await looksRight(page, 'rollout-en-1-list')
      await page.getByRole('link', { name: '加大批次' }).click()
      await page.getByRole('table', { name: 'Gateways' }).waitFor()
      await looksRight(page, 'rollout-en-2-one')
    })
  })

  test('it waits with a skeleton, says what failed with a way to try again, and keeps from changing who may not', async () => {
    const { cloud, gatewayId } = campus
    await browser.browse({ origin: cloud.origin }, async ({ page, signIn, expectProblem }) => {
      await signIn('guard', password)
      const answered = Promise.withResolvers<void>()
      let isBroken = true
      await page.route('**/api/v1/gateways/*/config', async (route) => {
        await answered.promise
        if (isBroken) await route.fulfill({ status: 503, json: { code: 'STORE_UNAVAILABLE', message: 'no' } })
        else await route.continue()
      })
      expectProblem(/503/)
      await page.goto(`${cloud.origin}/gateways/${gatewayId}/config`)
      await page.getByTestId('loading').first().waitFor()
      answered.resolve()
      const retry = page.getByRole('button', { name: '重试' })
      await retry.waitFor({ timeout: 30_000 })
      isBroken = false
      await retry.click()
      await page.getByRole('heading', { name: '网关配置' }).waitFor()
      expect(await page.getByRole('button', { name: '修改配置' }).count()).toBe(0)
      expect(await page.getByRole('button', { name: /退回到版本/ }).count()).toBe(0)
    })
  })
})
