import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Device } from '#contract/api/devices.ts'
import type { LiveMessage } from '#contract/api/live.ts'
import type { LastValue } from '#contract/api/points.ts'
import { buildConsole, type ConsolePage, expectText, settled, TestBrowser } from '../support/chromium.ts'
import { describeWith } from '../support/servers.ts'
import { type Campus, lux, startCampus } from '../support/test-campus.ts'
import { password } from '../support/test-cloud.ts'
import { waitFor } from '../support/wait-for.ts'

const violet = 'rgb(109, 59, 176)'

describeWith(['chromium'], 'data that is not fresh in the console', () => {
  let campus: Campus
  let browser: TestBrowser

  beforeAll(async () => {
    await buildConsole()
    campus = await startCampus({ devices: [lux('lux-1', { interval: '1s' })] })
    browser = await TestBrowser.start()
    await waitFor(async () => expect(await campus.cloud.api.devices()).toHaveLength(1))
  })

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await campus?.[Symbol.asyncDispose]()
  })

  /** Signs in with every point of the device as `last` says, and a live socket that says what the test says. */
  async function show(opened: ConsolePage, last: LastValue, serverNow = () => Date.now()) {
    const { page, origin } = opened
    const says: ((message: LiveMessage) => void)[] = []
    await page.routeWebSocket('**/api/v1/live*', (socket) => {
      const say = (message: LiveMessage): void => socket.send(JSON.stringify(message))
      says.push(say)
      say({ type: 'hello', seq: 1, now: serverNow(), build: 'one' })
    })
    await page.route(`${origin}/api/v1/devices*`, async (route) => {
      const answer = await route.fetch()
      const list = (await answer.json()) as { items: Device[] }
      const items = list.items.map((device) => ({
        ...device,
        link: { state: 'up' },
        points: device.points.map((point) => ({ ...point, staleAfterMs: 4000, last })),
      }))
      await route.fulfill({ json: { ...list, items } })
    })
    await opened.signIn('facilities', password)
    return (message: LiveMessage): void => says.at(-1)?.(message)
  }

  test('a good value grows stale by itself, in shape, word and colour, and never looks normal again', async () => {
    await browser.browse({ origin: campus.cloud.origin }, async (opened) => {
      const { page } = opened
      await show(opened, { at: new Date().toISOString(), value: 42, quality: 'good' })
      const state = page.getByRole('row').filter({ hasText: 'lux-1' }).locator('[data-state]')
      await expectText(state, '正常')
      await expectText(state, '数据过期')
      expect(await state.textContent()).not.toContain('正常')
      expect(await state.locator('svg.mark-stale').count()).toBe(1)
      expect(await colour(opened, '.table [data-state]')).toBe(violet)
      expect(await colour(opened, '[data-quality=stale] .value-number')).toBe(violet)
    })
  })

  test('ages are counted with the server’s clock, and a PC that is off is told', async () => {
    const wrongByMs = 10 * 60_000
    await browser.browse({ origin: campus.cloud.origin }, async (opened) => {
      const measured = new Date(Date.now() + wrongByMs - 120_000).toISOString()
      await show(opened, { at: measured, value: 42, quality: 'good' }, () => Date.now() + wrongByMs)
      await expectText(opened.page.getByRole('row').filter({ hasText: 'lux-1' }), '2 分钟前')
      await expectText(opened.page.getByRole('alert').first(), /本机时钟与服务器相差 (599|600|601) 秒/)
    })
  })

  test('bad quality has its reason, an unknown value is not a zero', async () => {
    await browser.browse({ origin: campus.cloud.origin, language: 'en' }, async (opened) => {
      await show(opened, { at: new Date().toISOString(), value: null, quality: 'bad', reason: 'timeout' })
      const row = opened.page.getByRole('row').filter({ hasText: 'lux-1' })
      await expectText(row, 'Bad quality')
      expect(await row.textContent()).not.toMatch(/\b0\b/)
      await opened.page.locator('[data-quality=bad]').first().waitFor()
    })
  })

  test('a socket that has gone silent is called stalled, and values lose their weight', async () => {
    await browser.browse({ origin: campus.cloud.origin }, async (opened) => {
      const { page } = opened
      const say = await show(opened, { at: new Date().toISOString(), value: 42, quality: 'good' })
      const badge = page.locator('.connection')
      await expectText(badge, '实时')
      await waitFor(() => expectText(badge, /停滞 \d+ 秒/), { timeoutMs: 30_000 })
      await expectText(page.getByRole('status').first(), '服务器暂时没有响应')
      say({ type: 'hb', seq: 2, now: Date.now() })
      await expectText(badge, '实时')
    })
  })

  test('a new version of the console is offered, not forced', async () => {
    await browser.browse({ origin: campus.cloud.origin }, async (opened) => {
      const { page } = opened
      const say = await show(opened, { at: new Date().toISOString(), value: 42, quality: 'good' })
      say({ type: 'hello', seq: 3, now: Date.now(), build: 'two' })
      await page.getByText('版本已更新').waitFor()
      await page.getByRole('button', { name: '重新加载' }).click()
      await settled(page)
    })
  })
})

function colour({ page }: ConsolePage, selector: string): Promise<string> {
  return page.evaluate<string>(`getComputedStyle(document.querySelector('${selector}')).color`)
}
