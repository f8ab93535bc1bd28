import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AssetList } from '#contract/api/assets.ts'
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

/** What a gateway's catalogue and its scans would have left there. */
function furnish(file: string): void {
  using state = openSqlite({ path: file })
  state.exec(`
    INSERT INTO tree_nodes (id, kind, parent, position, title_zh, title_en) VALUES
      ('campus-x', 'campus', NULL, 0, '第一中学', 'School No. 1'),
      ('building-x', 'building', 'campus-x', 0, '教学楼', 'Teaching block'),
      ('room-101', 'room', 'building-x', 0, '101 教室', 'Classroom 101');
    INSERT INTO tree_paths (ancestor, node) VALUES
      ('campus-x', 'campus-x'), ('campus-x', 'building-x'), ('campus-x', 'room-101'),
      ('building-x', 'building-x'), ('building-x', 'room-101'), ('room-101', 'room-101');
    UPDATE gateways SET place = 'campus-x', software = '0.1.0', runtime = 'node 24';
    INSERT INTO devices (gateway, id, title_zh, title_en, profile, profile_version, vendor, model, category, address, place) VALUES
      ('school-a', 'air-1', '空气传感器（前）', 'Air sensor, front', 'acme.air', '1.0', 'Acme', 'A1', 'sensor.env', 'z/air-1', 'room-101'),
      ('school-a', 'air-2', '空气传感器（后）', 'Air sensor, back', 'acme.air', '1.0', 'Acme', 'A1', 'sensor.env', 'z/air-2', 'room-101'),
      ('school-a', 'cam-1', '校门摄像机', 'Gate camera', 'onvif.camera', '1.0', 'Hikvision', 'DS-2CD', 'camera', '10.0.0.7', 'campus-x');
    INSERT INTO points (gateway, device, id, kind, unit, title_zh, title_en, quantity) VALUES
      ('school-a', 'air-1', 'temperature', 'num', 'Cel', '温度', 'Temperature', 'temperature'),
      ('school-a', 'air-2', 'temperature', 'num', 'Cel', '温度', 'Temperature', 'temperature'),
      ('school-a', 'cam-1', 'motion', 'bool', '1', '移动', 'Motion', 'motion');
    INSERT INTO unknown_devices (id, gateway, protocol, key, source, name, model, address, instance_json, first_seen_at, last_seen_at) VALUES
      ('u1', 'school-a', 'onvif', 'urn:uuid:1', 'discovery', 'IPC-9', 'DH-IPC', '10.0.0.9', '{}', 1767571200000, 1767574800000);
  `)
}

describeWith(['chromium'], 'the register of assets and the data catalogue in the browser', () => {
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
    furnish(folder.file('data/state.db'))
    // At its start it takes over what the inventory has.
    await cloud.restart()
    await cloud.api.login('admin', password)
    browser = await TestBrowser.start()
  })

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await cloud?.[Symbol.asyncDispose]()
    await folder?.[Symbol.asyncDispose]()
  })

  const codeOf = async (device: string) => {
    const { items } = await cloud.api.call<AssetList>(`/api/v1/assets?q=${encodeURIComponent(device)}`)
    return items.find((one) => one.device === device)?.id ?? ''
  }

  test('a technician finds a thing, writes down what it does not say, and sees where that contradicts it', async () => {
    await browser.browse({ origin: cloud.origin }, async ({ page, signIn }) => {
      await signIn('facilities', password)
      await page.getByRole('button', { name: /^账户/ }).click()
      await page.getByRole('menuitem', { name: '资产台账' }).click()
      await page.getByRole('heading', { name: '资产台账' }).waitFor()
      await settled(page)
      const table = page.getByRole('table', { name: '资产' })
      await expectText(
        table,
        /测试 school-a.*网关.*第一中学.*0\.1\.0.*空气传感器（前）.*第一中学 \/ 教学楼 \/ 101 教室.*Acme A1/,
      )
      await looksRight(page, 'assets-zh-1-list')

      await page.getByLabel('种类').selectOption('camera')
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: '筛选' }).click()
      await page.waitForURL(/kind=camera/)
      await expectText(page.getByRole('status').last(), '本页 1 项')
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: '导出 CSV' }).click(),
      ])
      expect(file.suggestedFilename()).toMatch(/^assets-\d{4}-\d\d-\d\d\.csv$/)
      const text = await readFile(await file.path(), 'utf8')
      expect(text).toMatch(/^\ufeff编码,种类,编号,名称/)
      expect(text.split('\r\n')).toHaveLength(3)

      await page.getByRole('link', { name: '校门摄像机' }).click()
      await page.getByRole('heading', { name: '校门摄像机' }).waitFor()
      await page.getByText('补充信息').click()
      await expectText(page.getByRole('main'), '设备上报：DS-2CD')
      await page.getByLabel('型号').fill('DS-2DE')
      await page.getByLabel('序列号').fill('SN 0042')
      await page.getByLabel('安装日期').fill('2026-03-01')
      await page.getByRole('button', { name: '保存' }).click()
      await expectText(page.getByRole('region', { name: '信息不一致' }), '型号：上报“DS-2CD”，填写“DS-2DE”')
      const history = page.getByRole('table', { name: '变更记录' })
      await expectText(history, /安装日期.*2026-03-01.*人工填写.*登记.*school-a\/cam-1.*网关设备清单/)
      await looksRight(page, 'assets-zh-2-thing')
    })
  })

  test('labels: a code for each, and what it leads to is the page of the device', async () => {
    await browser.browse({ origin: cloud.origin }, async ({ page, signIn, open }) => {
      await signIn('guard', password)
      await open('/asset-register/labels?kind=camera')
      const code = await codeOf('school-a/cam-1')
      await expectText(
        page.getByRole('list', { name: '打印标签' }),
        new RegExp(`校门摄像机.*${code}.*school-a/cam-1.*第一中学`),
      )
      expect(await page.locator('.label svg path').count()).toBe(2)
      expect(await page.getByRole('main').textContent()).toContain(`二维码指向 ${cloud.origin}`)
      await looksRight(page, 'assets-zh-3-labels')
      await page.emulateMedia({ media: 'print' })
      expect(await page.locator('.header').isVisible()).toBe(false)
      expect(await page.locator('.label').isVisible()).toBe(true)
      if (pictures !== undefined) await page.screenshot({ path: join(pictures, 'assets-zh-4-print.png') })
      await page.emulateMedia({ media: 'screen' })

      await page.goto(`${cloud.origin}/a/${code.toLowerCase()}`)
      await page.waitForURL(/\/devices\/school-a\/cam-1$/)
      await page.getByRole('heading', { name: '校门摄像机' }).waitFor()
    })
  })

  test('a label of another school, or of nothing, says so', async () => {
    await browser.browse({ origin: cloud.origin }, async ({ page, signIn, expectProblem }) => {
      await signIn('guard', password)
      expectProblem(/404/)
      await page.goto(`${cloud.origin}/a/0000000000`)
      await page.getByRole('heading', { name: '没有这个资产' }).waitFor()
    })
  })

  test('on a phone, in English: what is in the network and not registered is ignored with a reason', async () => {
    const phone = { language: 'en', theme: 'dark', width: 390, height: 800 } as const
    await browser.browse({ origin: cloud.origin, ...phone }, async ({ page, signIn, open }) => {
      await signIn('facilities', password)
      await open('/asset-register')
      await looksRight(page, 'assets-en-1-list')
      await page.getByRole('link', { name: 'Unregistered devices' }).click()
      await page.getByRole('heading', { name: 'Unregistered devices' }).waitFor()
      await settled(page)
      await expectText(page.getByRole('table'), /IPC-9.*DH-IPC.*Discovery.*10\.0\.0\.9.*first 2026-01-05/)
      await looksRight(page, 'assets-en-2-unknown')
      await page.getByRole('button', { name: 'Ignore: IPC-9' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByRole('button', { name: 'Ignore' }).click()
      await expectText(dialog, 'Say what it is')
      await dialog.getByLabel('Reason').fill('Belongs to the builders')
      await looksRight(page, 'assets-en-3-ignore')
      await dialog.getByRole('button', { name: 'Ignore' }).click()
      await expectText(page.getByRole('main'), 'Nothing is unregistered')
      await page.getByRole('link', { name: 'With the ignored ones' }).click()
      await expectText(page.getByRole('table'), 'Belongs to the builders')
      await page.getByRole('button', { name: 'Do not ignore' }).click()
      await page.getByRole('button', { name: 'Ignore: IPC-9' }).waitFor()
      expect((await page.locator('main').textContent()) ?? '').not.toMatch(/assets\.|undefined/)
    })
  })

  test('two sensors of one room: a conflict until one of them is chosen', async () => {
    await browser.browse({ origin: cloud.origin }, async ({ page, signIn }) => {
      await signIn('facilities', password)
      await page.getByRole('button', { name: /^账户/ }).click()
      await page.getByRole('menuitem', { name: '数据目录' }).click()
      await page.getByRole('heading', { name: '数据目录' }).waitFor()
      await settled(page)
      const table = page.getByRole('table', { name: '数据目录' })
      await expectText(
        table,
        /温度.*摄氏度（Cel）.*acme\.air.*101 教室.*第一中学.*内部.*遥测 · 400d.*来源冲突/,
      )
      await expectText(page.getByRole('table', { name: '云端计算的数据' }), /历史聚合值.*即时计算，不保存/)
      await looksRight(page, 'data-zh-1-list')
      await page.getByRole('button', { name: '温度' }).first().click()
      const dialog = page.getByRole('dialog')
      await expectText(dialog, 'school-a/air-2/temperature')
      await looksRight(page, 'data-zh-2-point')
      await dialog.getByRole('button', { name: '设为主来源' }).click()
      await dialog.waitFor({ state: 'detached' })
      await expectText(table, /主来源.*辅助来源/)
      await page.getByRole('link', { name: '来源冲突' }).click()
      await expectText(page.getByRole('main'), '没有来源冲突')

      await page.goto(`${cloud.origin}/data-catalogue?q=motion`)
      await page.getByRole('button', { name: '移动' }).click()
      await dialog.getByLabel('数据分级').selectOption('personal')
      await dialog.getByRole('button', { name: '保存' }).click()
      await dialog.waitFor({ state: 'detached' })
      await expectText(table, '个人信息')
    })
  })

  test('the catalogue on a phone in English, for somebody who only reads', async () => {
    const phone = { language: 'en', width: 390, height: 800 } as const
    await browser.browse({ origin: cloud.origin, ...phone }, async ({ page, signIn, open }) => {
      await signIn('guard', password)
      await open('/data-catalogue')
      await expectText(
        page.getByRole('table', { name: 'Data catalogue' }),
        /Temperature.*degree Celsius \(Cel\).*Internal/,
      )
      expect(await page.getByRole('button', { name: 'Temperature' }).count()).toBe(0)
      await looksRight(page, 'data-en-1-list')
      expect((await page.locator('main').textContent()) ?? '').not.toMatch(/data\.|undefined/)
    })
  })

  test('it waits with a skeleton, and says what failed with a way to try again', async () => {
    await browser.browse({ origin: cloud.origin }, async ({ page, signIn, expectProblem }) => {
      await signIn('guard', password)
      let fails = true
      await page.route('**/api/v1/assets?*', async (route) => {
        if (fails) await route.fulfill({ status: 403, json: { code: 'FORBIDDEN', message: 'not now' } })
        else await route.continue()
      })
      expectProblem(/403/)
      await page.goto(`${cloud.origin}/asset-register`)
      await expectText(page.getByRole('alert').first(), '没有权限')
      fails = false
      await page.getByRole('button', { name: '重试' }).click()
      await page.getByRole('table', { name: '资产' }).waitFor()
    })
  })
})
