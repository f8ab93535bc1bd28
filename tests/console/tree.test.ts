import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Tree } from '#contract/api/tree.ts'
import {
  accessibilityProblems,
  buildConsole,
  expectText,
  settled,
  sidewaysScroll,
  TestBrowser,
} from '../support/chromium.ts'
import { describeWith } from '../support/servers.ts'
import { type Campus, lux, startCampus } from '../support/test-campus.ts'
import { password } from '../support/test-cloud.ts'
import { waitFor } from '../support/wait-for.ts'

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

const file = (rows: readonly string[]) => ({
  name: 'spaces.csv',
  mimeType: 'text/csv',
  buffer: Buffer.from(`id,kind,parent,titleZh,titleEn,roomType,level,people\n${rows.join('\n')}\n`),
})

/** One pixel. */
const dot = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

const school = [
  'test-campus,campus,,测试校区,Test campus,,,900',
  'house-1,building,test-campus,一号楼,House 1,,,',
  'floor-1,floor,house-1,一层,Floor 1,,1,',
  'room-101,room,floor-1,101 教室,Classroom 101,ordinary-classroom,,45',
  'room-102,room,floor-1,102 宿舍,Dormitory 102,dormitory-room,,6',
]

describeWith(['chromium'], 'the organisation in the browser', () => {
  let campus: Campus
  let browser: TestBrowser

  beforeAll(async () => {
    await buildConsole()
    const camera = { id: 'cam-1', profile: 'onvif.camera', isForeign: true }
    campus = await startCampus({
      devices: [
        lux('lux-1', { interval: '1s' }),
        // Nothing answers there: it is in the catalogue, which is all that counts here.
        { ...camera, instance: { host: '127.0.0.1', port: 9, username: 'admin', password: 'nobody there' } },
      ],
    })
    browser = await TestBrowser.start()
    await waitFor(async () => expect(await campus.cloud.api.devices()).toHaveLength(2))
  })

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await campus?.[Symbol.asyncDispose]()
  })

  const idsNow = async () => (await campus.cloud.api.call<Tree>('/api/v1/tree')).nodes.map(({ id }) => id)

  test('an administrator brings a school as a file: problems first, then the changes, then all of it', async () => {
    await browser.browse({ origin: campus.cloud.origin }, async ({ page, signIn, expectProblem }) => {
      await signIn('admin', password)
      await page.getByRole('link', { name: '空间', exact: true }).click()
      await settled(page)
      await page.getByRole('button', { name: '导入' }).click()
      const choose = page.getByLabel('选择 CSV 或 YAML 文件')
      await choose.setInputFiles(file([...school, 'room-103,room,house-9,103,,hut,,', 'x,y']))
      await expectText(page.getByRole('main'), '改正全部问题后才能导入')
      const problems = page.getByRole('table', { name: '问题' })
      await expectText(problems, /第 7 行.*room-103.*房间类型“hut”无效/)
      await expectText(problems, /第 7 行.*上级“house-9”不存在/)
      await expectText(problems, /第 8 行.*这一行有 2 格，应为 8 格/)
      expect(await page.getByRole('button', { name: /执行/ }).count()).toBe(0)
      await looksRight(page, 'tree-zh-1-problems')
      expect(await idsNow()).toEqual(['test-campus'])

      await choose.setInputFiles(file(school))
      const changes = page.getByRole('table', { name: '变更', exact: true })
      await expectText(changes, /修改.*人数.*900/)
      await expectText(changes, /新增.*101 教室.*房间类型.*普通教室/)
      await picture(page, 'tree-zh-2-changes')
      expect(await idsNow()).toEqual(['test-campus'])
      await page.getByRole('button', { name: '执行 5 项变更' }).click()
      await expectText(page.getByRole('main'), '已完成 5 项变更')
      expect(await idsNow()).toEqual(['test-campus', 'house-1', 'floor-1', 'room-101', 'room-102'])

      // What is taken out comes back without a change.
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: '导出 YAML' }).click(),
      ])
      const copy = campus.folder.file('copy.yaml')
      await writeFile(copy, await readFile(await download.path()))
      await choose.setInputFiles(copy)
      await expectText(page.getByRole('main'), '与现在的空间结构相同，没有变更')
      await page.getByRole('button', { name: '关闭' }).click()

      await page.getByRole('treeitem', { name: '一号楼' }).click()
      await page.getByRole('treeitem', { name: '一层' }).click()
      await page
        .getByLabel('上传平面图')
        .setInputFiles({ name: 'plan.png', mimeType: 'image/png', buffer: dot })
      const drawing = page.getByRole('img', { name: '一层的平面图' })
      await waitFor(async () =>
        expect(await drawing.evaluate((image: { naturalWidth?: number }) => image.naturalWidth)).toBe(1),
      )
      await page.getByRole('searchbox', { name: '搜索空间' }).fill('102')
      await page.getByRole('treeitem', { name: '102 宿舍' }).click()
      await expectText(page.getByRole('main'), /学生宿舍.*不得安装摄像机/)
      await page.getByLabel('查找要安放的设备').fill('cam-1')
      await expectText(page.getByLabel('设备', { exact: true }), 'test-campus/cam-1')
      expectProblem(/422/)
      await page.getByRole('button', { name: '放在这里' }).click()
      await expectText(
        page.getByRole('alert'),
        '摄像机“test-campus/cam-1”不得放在学生宿舍（国务院令第 799 号）',
      )
      await looksRight(page, 'tree-zh-3-camera')
      await page.getByLabel('查找要安放的设备').fill('lux-1')
      await expectText(page.getByLabel('设备', { exact: true }), 'test-campus/lux-1')
      await page.getByRole('button', { name: '放在这里' }).click()
      await expectText(page.getByRole('table', { name: '这里的设备' }), 'test-campus/lux-1')
      await page.getByRole('table', { name: '这里的设备' }).getByRole('link').click()
      await expectText(page.getByRole('main'), '测试校区 / 一号楼 / 一层 / 102 宿舍')
    })
  })

  test('on a phone, in English, with the keyboard: walk the tree, edit, be told what is wrong, delete', async () => {
    const phone = { language: 'en', width: 360, height: 740 } as const
    await browser.browse({ origin: campus.cloud.origin, ...phone }, async (opened) => {
      const { page, signIn, open, expectProblem } = opened
      await campus.cloud.api.call('/api/v1/tree/nodes/house-2', {
        method: 'PUT',
        body: JSON.stringify({ kind: 'building', parent: 'test-campus', title: { en: 'House 2' } }),
      })
      await signIn('admin', password)
      await open('/tree')
      await picture(page, 'tree-en-1-phone')
      await page.getByRole('treeitem').first().focus()
      await page.keyboard.press('End')
      await page.keyboard.press('Enter')
      await page.waitForURL(/node=house-2/)
      await page.getByRole('heading', { name: 'House 2' }).waitFor()
      await page.getByRole('button', { name: 'Add: Floor' }).click()
      await page.getByLabel('Id', { exact: true }).fill('Floor 9')
      await page.getByLabel('Floor number').fill('high')
      await page.getByRole('button', { name: 'Save' }).click()
      await expectText(
        page.getByRole('alert'),
        /The id “Floor 9” is not valid.*Floor number “high” is not valid/,
      )
      expect(await page.getByLabel('Floor number').getAttribute('aria-invalid')).toBe('true')
      await looksRight(page, 'tree-en-2-form')
      await page.getByLabel('Id', { exact: true }).fill('floor-9')
      await page.getByLabel('Floor number').fill('9')
      expectProblem(/422/)
      await page.getByRole('button', { name: 'Save' }).click()
      await expectText(page.getByRole('alert'), 'It has no name')
      await page.getByLabel('Name in English').fill('Ninth floor')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.waitForURL(/node=floor-9/)
      await page.getByRole('heading', { name: 'Ninth floor' }).waitFor()

      await page.getByRole('link', { name: 'House 2' }).click()
      await page.getByRole('button', { name: 'Delete' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
      await expectText(page.getByRole('dialog'), 'Spaces below it: 1 (floor-9)')
      await looksRight(page, 'tree-en-3-held')
      await page.getByRole('button', { name: 'Keep it' }).click()
      await open('/tree?node=floor-9')
      await page.getByRole('button', { name: 'Delete' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
      await page.waitForURL(/node=house-2/)
      await waitFor(async () => expect(await idsNow()).not.toContain('floor-9'))
    })
  })

  test('everybody else looks and has nothing to press; an empty tree says what to do', async () => {
    await browser.browse({ origin: campus.cloud.origin, theme: 'dark' }, async ({ page, signIn, open }) => {
      await signIn('guard', password)
      await open('/tree?node=room-101')
      await expectText(page.getByRole('main'), /101 教室.*普通教室.*GB 7793-2010/)
      await looksRight(page, 'tree-zh-4-guard')
      for (const name of ['导入', '编辑', '删除', '放在这里', '保存'])
        expect(await page.getByRole('button', { name }).count(), name).toBe(0)
      await page.route('**/api/v1/tree', (route) =>
        route.fulfill({ json: { nodes: [], unplacedGateways: ['school-x'] } }),
      )
      await open('/tree')
      await expectText(page.getByRole('main'), /还没有安放的网关：school-x.*还没有空间/)
    })
  })
})
