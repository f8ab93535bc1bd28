import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AlarmDetail, AlarmList } from '#contract/api/alarms.ts'
import type { AuditList } from '#contract/api/audit.ts'
import { startAlarmCloud } from '../support/alarm-cloud.ts'
import {
  accessibilityProblems,
  buildConsole,
  type ConsolePage,
  expectText,
  sidewaysScroll,
  TestBrowser,
} from '../support/chromium.ts'
import { describeWith } from '../support/servers.ts'
import { password } from '../support/test-cloud.ts'
import { waitFor } from '../support/wait-for.ts'

const pictures = process.env.CAMPUS_TEST_PICTURES

async function looksRight(page: Page, name: string): Promise<void> {
  if (pictures !== undefined) {
    await mkdir(pictures, { recursive: true })
    await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true })
  }
  expect(await accessibilityProblems(page), name).toEqual([])
  expect(await sidewaysScroll(page), name).toBe(0)
}

describeWith(['chromium'], 'alarms in the browser', () => {
  let site: Awaited<ReturnType<typeof startAlarmCloud>>
  let browser: TestBrowser

  beforeAll(async () => {
    await buildConsole()
    site = await startAlarmCloud()
    browser = await TestBrowser.start()
  })

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await site?.[Symbol.asyncDispose]()
  })

  const origin = () => site.cloud.origin
  const detail = (occurrence: string) =>
    site.cloud.api.call<AlarmDetail>(`/api/v1/alarms/${encodeURIComponent(`school-a/${occurrence}`)}`)
  const lines = (page: Page) => page.getByRole('grid').getByRole('row')

  async function openAlarms({ signIn, open }: ConsolePage, who = 'guard', path = '/alarms'): Promise<void> {
    await signIn(who, password)
    await open(path)
  }

  test('nothing to do is said in words, on each list', async () => {
    await browser.browse({ origin: origin() }, async (opened) => {
      await openAlarms(opened)
      await expectText(opened.page.getByRole('main'), '当前没有待处理的告警')
      await looksRight(opened.page, 'alarms-zh-1-empty')
    })
  })

  test('two guards race for an acknowledgement: one has it, the other reads who, and both lists agree', async () => {
    await site.tell({ occurrence: 'race', title: { zh: '照度低', en: 'Too dark' } })
    await browser.browse({ origin: origin() }, async (first) => {
      await openAlarms(first, 'guard')
      await browser.browse({ origin: origin() }, async (second) => {
        await openAlarms(second, 'facilities')
        // The slower one still has the old picture: what others do does not reach it.
        await second.page.routeWebSocket(/\/api\/v1\/live/, () => {})
        second.expectProblem(/409/)
        await second.page.reload()
        const line = second.page.getByRole('row').filter({ hasText: '照度低' })
        await expectText(line, '未确认')
        await first.page
          .getByRole('row')
          .filter({ hasText: '照度低' })
          .getByRole('button', { name: '确认' })
          .click()
        await waitFor(async () => expect((await detail('race')).life).toBe('acknowledged'))
        await line.getByRole('button', { name: '确认' }).click()
        await expectText(second.page.getByRole('main'), /已于 \d\d:\d\d:\d\d 确认|处置中 1/)
        for (const { page } of [first, second]) {
          await page
            .getByText(/^处置中/)
            .first()
            .click()
          await expectText(page.getByRole('grid'), /照度低.*处置中 · /)
        }
        expect(await second.page.locator('.alarm-failed').count()).toBe(0)
      })
    })
    const { history } = await detail('race')
    expect(history.filter(({ what }) => what === 'acknowledged')).toMatchObject([
      { by: { username: 'guard' } },
    ])
    const { items } = await site.cloud.api.call<AuditList>('/api/v1/audit?action=alarm.acknowledged')
    expect(items.map(({ outcome }) => outcome).sort()).toEqual(['CONFLICT', 'ok'])
    await close('race')
  })

  async function close(...occurrences: readonly string[]): Promise<void> {
    for (const one of occurrences) {
      await site.tell({ occurrence: one, state: 'cleared' })
      await site.cloud.api.call(`/api/v1/alarms/${encodeURIComponent(`school-a/${one}`)}/close`, {
        method: 'POST',
        body: JSON.stringify({ outcome: 'drill', note: 'test' }),
      })
    }
  }

  test('by keyboard only: walk, shelve with a reason, acknowledge a range, false alarm; off means off', async () => {
    const names = ['k1', 'k2', 'k3', 'k4']
    await site.tell(
      ...names.map((occurrence, n) => ({
        ...{ occurrence, at: Date.now() - n * 1_000 },
        title: { zh: `告警 ${occurrence}`, en: occurrence },
      })),
    )
    await browser.browse({ origin: origin() }, async (opened) => {
      const { page } = opened
      await openAlarms(opened)
      await waitFor(async () => expect(await lines(page).count()).toBe(4))
      await lines(page).first().focus()
      await page.keyboard.press('s')
      const panel = page.getByRole('form', { name: '搁置告警' })
      await panel.waitFor()
      await looksRight(page, 'alarms-zh-2-shelve')
      await page.keyboard.press('Tab')
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      await expectText(panel, '必填。')
      expect((await detail('k1')).overlay).toBeUndefined()
      await panel.getByLabel('时长').selectOption({ label: '15 分钟' })
      await panel.getByLabel('原因').selectOption({ label: '检修' })
      await panel.getByLabel('补充说明').focus()
      await page.keyboard.press('Enter')
      await panel.waitFor({ state: 'detached' })
      await waitFor(async () => expect((await detail('k1')).shelf).toMatchObject({ reason: '检修' }))
      await waitFor(async () => expect(await lines(page).count()).toBe(3))
      expect(await page.evaluate('document.activeElement.getAttribute("role")')).toBe('row')

      await page.keyboard.press('Home')
      await page.keyboard.press('Shift+ArrowDown')
      await expectText(page.getByRole('main'), '已选 2 条')
      await page.keyboard.press('Enter')
      await waitFor(async () => expect(await lines(page).count()).toBe(1))
      for (const one of ['k2', 'k3']) expect((await detail(one)).life).toBe('acknowledged')
      expect((await detail('k4')).life).toBe('unacknowledged')

      await lines(page).first().focus()
      await page.getByRole('switch', { name: '快捷键' }).click()
      await lines(page).first().focus()
      for (const key of ['s', 'f', 'a', 'n', 'Enter']) await page.keyboard.press(key)
      expect(await page.getByRole('form').count()).toBe(0)
      expect((await detail('k4')).life).toBe('unacknowledged')
      await page.getByRole('switch', { name: '快捷键' }).click()

      await lines(page).first().focus()
      await page.keyboard.press('?')
      await expectText(page.getByRole('main'), '只在焦点位于列表中时有效')
      await page.keyboard.press('f')
      const wrong = page.getByRole('form', { name: '标记为误报' })
      await page.keyboard.press('Escape')
      await wrong.waitFor({ state: 'detached' })
      await page.keyboard.press('f')
      await wrong.getByLabel('原因').selectOption({ label: '传感器故障' })
      await wrong.getByRole('button', { name: '误报' }).click()
      await waitFor(async () =>
        expect((await detail('k4')).closed).toMatchObject({ outcome: 'false-alarm', note: '传感器故障' }),
      )

      await opened.open('/alarms?show=shelved')
      await expectText(page.getByRole('grid'), /告警 k1.*搁置至 .* · 检修/)
      await page.getByRole('button', { name: '取消搁置' }).click()
      await expectText(page.getByRole('main'), '没有搁置、抑制或停用的告警')
      expect((await detail('k1')).life).toBe('unacknowledged')
    })
    await site.tell({ occurrence: 'k4', state: 'cleared' })
    await close('k1', 'k2', 'k3')
  })

  test('fire cannot be shelved; its procedure is ticked off; a latched one is reset and closed on evidence', async () => {
    const smoke = {
      point: 'lux-1/smoke',
      priority: 1,
      latch: true,
      title: { zh: '烟雾报警', en: 'Smoke' },
    } as const
    await site.tell({ occurrence: 'fire', ...smoke })
    await browser.browse({ origin: origin(), language: 'en', theme: 'dark' }, async (opened) => {
      const { page } = opened
      await openAlarms(opened)
      await lines(page).first().focus()
      await page.keyboard.press('s')
      expect(await page.getByRole('form').count()).toBe(0)
      const side = page.getByRole('region', { name: 'The alarm' })
      expect(await side.getByRole('button', { name: 'Shelve' }).count()).toBe(0)
      await side.getByLabel('If it burns, call 119 at once').click()
      await expectText(side, /did: If it burns/)
      await looksRight(page, 'alarms-en-3-fire-dark')
      await site.tell({ occurrence: 'fire', ...smoke, state: 'cleared' })
      await expectText(page.getByRole('grid'), 'Latched, not acknowledged')
      await lines(page).first().focus()
      await page.keyboard.press('Enter')
      await page.getByText(/^In hand \d/).click()
      await side.getByRole('button', { name: 'Reset' }).click()
      await side.getByRole('button', { name: 'Close' }).click()
      const form = page.getByRole('form', { name: 'Close the alarm' })
      await form.getByRole('button', { name: 'Close' }).click()
      await expectText(form, 'This is needed.')
      await form.getByLabel('Outcome').selectOption({ label: 'Drill' })
      await form.getByLabel('How one knows').fill('Fire drill of class 3')
      await form.getByRole('button', { name: 'Close' }).click()
      await expectText(page.getByRole('main'), 'No alarm is in hand')
    })
    expect((await detail('fire')).closed).toMatchObject({ outcome: 'drill', note: 'Fire drill of class 3' })
  })

  test('who only looks has nothing to press, and no key does anything', async () => {
    await site.tell({ occurrence: 'look' })
    await browser.browse({ origin: origin(), width: 390, height: 844 }, async (opened) => {
      await openAlarms(opened, 'bureau')
      const { page } = opened
      for (const name of ['确认', '搁置', '误报', '关闭', '转派'])
        expect(await page.getByRole('button', { name, exact: true }).count(), name).toBe(0)
      await lines(page).first().focus()
      for (const key of ['s', 'f', 'a', 'n']) await page.keyboard.press(key)
      expect(await page.getByRole('form').count()).toBe(0)
      await looksRight(page, 'alarms-zh-4-phone')
    })
    await close('look')
  })

  test('a flood of 300: grouped and counted, lives on top, the page keeps up, a group is acknowledged as shown', async () => {
    await browser.browse({ origin: origin() }, async (opened) => {
      const { page } = opened
      await openAlarms(opened)
      await page.evaluate(`
        window.longTasks = []
        new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((e) => e.duration)))
          .observe({ entryTypes: ['longtask'] })`)
      await site.tell(
        ...Array.from({ length: 299 }, (_, n) => ({
          ...{
            occurrence: `flood-${n}`,
            rule: `r-${n}`,
            point: `lux-1/zone.${n}/temperature`,
            at: Date.now() - 1_000 + n,
          },
          title: { zh: '温度过高', en: 'Hot' },
        })),
        {
          occurrence: 'panic',
          rule: 'panic',
          point: 'lux-1/panic',
          priority: 1,
          title: { zh: '一键报警', en: 'Help' },
        },
      )
      const bar = page.locator('.alarm-flood')
      await expectText(bar, /告警泛滥：测试 school-a 10 分钟内 3\d\d 条/)
      await expectText(bar, /最早的一条/)
      await waitFor(async () => expect(await lines(page).count()).toBeLessThan(10))
      await expectText(lines(page).first(), '一键报警')
      const group = page.getByRole('row').filter({ hasText: '×299' })
      await group.waitFor()
      await looksRight(page, 'alarms-zh-5-flood')
      expect(await page.evaluate<number>('document.querySelectorAll("*").length')).toBeLessThan(600)
      await group.focus()
      await page.keyboard.press('ArrowRight')
      await waitFor(async () => expect(await lines(page).count()).toBeGreaterThanOrEqual(300))
      await page.keyboard.press('ArrowLeft')
      await group.focus()
      await page.keyboard.press('Enter')
      await waitFor(
        async () => {
          const list = await site.cloud.api.call<AlarmList>('/api/v1/alarms?state=pending&limit=500')
          expect(list.items.map(({ id }) => id)).toEqual(['school-a/panic'])
        },
        { timeoutMs: 30_000 },
      )
      await waitFor(async () => expect(await lines(page).count()).toBe(1))
      const longest = await page.evaluate<number>('Math.max(0, ...window.longTasks)')
      expect(longest).toBeLessThan(2_000)
    })
  })

  test('the quality of the alarms has figures, targets and whether they were checked', async () => {
    for (const look of [{}, { language: 'en', width: 390, height: 844, theme: 'dark' }] as const)
      await browser.browse({ origin: origin(), ...look }, async (opened) => {
        await openAlarms(opened, 'bureau', '/alarms/quality')
        const table = opened.page.getByRole('table').first()
        await expectText(table, /(呼叫次数|Calls).*3\d\d/)
        await expectText(
          table,
          /(处于泛滥的时间|Time in flood).*(未达标|Missed|达标|Met).*(未核对原文|not checked)/,
        )
        await looksRight(opened.page, `alarms-quality-${'language' in look ? 'en-phone' : 'zh'}`)
      })
  })

  test('a lost connection hatches the list and takes the buttons away', async () => {
    await browser.browse({ origin: origin() }, async (opened) => {
      const { page } = opened
      opened.expectProblem(/WebSocket|ERR_|NETWORK|Failed to load/)
      await page.routeWebSocket(/\/api\/v1\/live/, (socket) => void socket.close())
      await openAlarms(opened)
      await page.locator('.shell[data-connection=down]').waitFor()
      await waitFor(async () =>
        expect(await lines(page).first().getByRole('button', { name: '确认' }).isDisabled()).toBe(true),
      )
      await lines(page).first().focus()
      await page.keyboard.press('Enter')
      expect((await detail('panic')).life).toBe('unacknowledged')
    })
  })
})
