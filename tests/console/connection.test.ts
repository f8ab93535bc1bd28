import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildConsole, expectText, TestBrowser } from '../support/chromium.ts'
import { describeWith } from '../support/servers.ts'
import { type Campus, lux, startCampus } from '../support/test-campus.ts'
import { password } from '../support/test-cloud.ts'
import { waitFor } from '../support/wait-for.ts'

describeWith(['chromium'], 'the connection of the console', () => {
  let campus: Campus
  let browser: TestBrowser

  beforeAll(async () => {
    await buildConsole()
    campus = await startCampus({ devices: [lux('lux-1', { interval: '1s' })] })
    await campus.site.set('lux-1', 'illuminance', 400)
    browser = await TestBrowser.start()
    await waitFor(async () => expect(await campus.cloud.api.devices()).toHaveLength(1))
  })

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await campus?.[Symbol.asyncDispose]()
  })

  test('while the cloud is away the page says so, keeps what it has, and goes on by itself afterwards', async () => {
    await browser.browse({ origin: campus.cloud.origin }, async ({ page, signIn, expectProblem }) => {
      await signIn('facilities', password)
      const badge = page.locator('.connection')
      const value = page.locator('[data-point="test-campus/lux-1/illuminance"]')
      await expectText(badge, '实时')
      await expectText(value, '400 lx')

      expectProblem(/WebSocket connection|ERR_CONNECTION|ERR_EMPTY_RESPONSE|Failed to load resource/)
      await campus.cloud.kill9()
      await expectText(badge, /中断 \d+ 秒/)
      await expectText(page.getByRole('status').first(), '连接已中断')
      await expectText(value, '400 lx')
      await expectText(badge, /中断 [3-9] 秒/)
      await campus.site.set('lux-1', 'illuminance', 456)

      await campus.cloud.restart()
      await waitFor(() => expectText(badge, '实时'), { timeoutMs: 30_000 })
      await waitFor(() => expectText(value, '456 lx'), { timeoutMs: 30_000 })
      expect(page.url()).toContain('/devices')
    })
  })

  test('a value whose gateway is gone grows old in front of the reader', async () => {
    await browser.browse({ origin: campus.cloud.origin }, async ({ page, signIn, open }) => {
      await signIn('facilities', password)
      await open('/gateways')
      const row = page.getByRole('row').filter({ hasText: 'test-campus' })
      await expectText(row, /已连接/)
      await campus.gateway.kill9()
      await waitFor(() => expectText(row, /未连接.*最后一次通信/), { timeoutMs: 60_000 })
      await open('/devices')
      const device = page.getByRole('row').filter({ hasText: 'test-campus/lux-1' })
      await expectText(device, /\d+ 秒前/)
      await campus.gateway.restart()
      await open('/gateways')
      await waitFor(() => expectText(row, /已连接/), { timeoutMs: 60_000 })
    })
  })

  test('the ledger tells in words that nothing is missing', async () => {
    await browser.browse({ origin: campus.cloud.origin }, async ({ page, signIn, open }) => {
      await signIn('facilities', password)
      await open('/gateways/test-campus')
      const ledger = page.getByRole('region', { name: '数据台账' })
      await expectText(ledger, /测量数据.*已产生[\d,]+ 批.*已收到[\d,]+ 批.*已丢弃0 批/)
      await waitFor(() => expectText(ledger, '全部收到，没有缺失'), { timeoutMs: 30_000 })
      await expectText(page.getByRole('table', { name: '待送数据' }), /事件.*实时.*补传/)
    })
  })
})
