import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildConsole, expectText, TestBrowser } from '../support/chromium.ts'
import { describeWith } from '../support/servers.ts'
import { type Campus, lux, startCampus } from '../support/test-campus.ts'
import { password } from '../support/test-cloud.ts'
import { waitFor } from '../support/wait-for.ts'

const pages = [
  { path: '/devices', api: '**/api/v1/devices?*' },
  { path: '/devices/test-campus/lux-1', api: '**/api/v1/devices/*' },
  { path: '/gateways', api: '**/api/v1/gateways?*' },
  { path: '/gateways/test-campus', api: '**/api/v1/gateways/test-campus' },
  { path: '/gateways/test-campus/ledger', api: '**/ledger/*' },
  { path: '/alarms?show=history', api: '**/api/v1/alarms?state=history*' },
  { path: '/alarms/quality', api: '**/api/v1/alarms/quality?*' },
  { path: '/tree', api: '**/api/v1/tree' },
  { path: '/points/test-campus/lux-1/illuminance', api: '**/api/v1/telemetry?*' },
] as const

describeWith(['chromium'], 'what a page of the console shows when there is no data', () => {
  let campus: Campus
  let browser: TestBrowser

  beforeAll(async () => {
    await buildConsole()
    campus = await startCampus({ devices: [lux('lux-1', { interval: '1s' })] })
    await campus.site.set('lux-1', 'illuminance', 400)
    browser = await TestBrowser.start()
    await waitFor(async () => {
      const [device] = await campus.cloud.api.devices()
      expect(device?.points.some(({ last }) => last?.value === 400)).toBe(true)
    })
  })

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await campus?.[Symbol.asyncDispose]()
  })

  test.each(pages)('$path draws a skeleton while it waits', async ({ path, api }) => {
    await browser.browse({ origin: campus.cloud.origin }, async ({ page, signIn }) => {
      await signIn('facilities', password)
      const answered = Promise.withResolvers<void>()
      await page.route(api, async (route) => {
        await answered.promise
        await route.continue()
      })
      await page.goto(`${campus.cloud.origin}${path}`)
      await page.getByTestId('loading').first().waitFor()
      answered.resolve()
      await page.getByTestId('loading').first().waitFor({ state: 'detached' })
    })
  })

  test.each(pages)('$path says in words what failed and recovers on request', async ({ path, api }) => {
    await browser.browse({ origin: campus.cloud.origin, language: 'en' }, async (opened) => {
      const { page, signIn, expectProblem } = opened
      await signIn('facilities', password)
      await page.route(api, (route) =>
        route.fulfill({ status: 403, json: { code: 'FORBIDDEN', message: 'a text for developers' } }),
      )
      expectProblem(/403/)
      await page.goto(`${campus.cloud.origin}${path}`)
      const alert = page.getByRole('alert').first()
      await expectText(alert, 'You may not see this.')
      expect(await alert.textContent()).not.toContain('a text for developers')
      await page.unroute(api)
      await alert.getByRole('button', { name: 'Try again' }).click()
      await alert.waitFor({ state: 'detached' })
    })
  })

  test('a refresh that fails keeps what is on screen and says that it is from before', async () => {
    await browser.browse({ origin: campus.cloud.origin }, async ({ page, signIn, open, expectProblem }) => {
      await signIn('facilities', password)
      await open('/gateways/test-campus')
      await expectText(page.getByRole('region', { name: '数据台账' }), '已产生')
      expectProblem(/503/)
      await page.route('**/ledger', (route) =>
        route.fulfill({ status: 503, json: { code: 'STORE_UNAVAILABLE', message: '' } }),
      )
      const ledger = page.getByRole('region', { name: '数据台账' })
      await waitFor(() => expectText(ledger, /刷新失败，显示的是之前的数据.*存储暂时不可用/), {
        timeoutMs: 30_000,
      })
      await expectText(ledger, '已产生')
    })
  })

  test('what does not exist is told apart from what failed', async () => {
    await browser.browse({ origin: campus.cloud.origin }, async ({ page, signIn, open, expectProblem }) => {
      await signIn('facilities', password)
      expectProblem(/404 \(Not Found\)/)
      await open('/points/test-campus/lux-1/no.such.point')
      await expectText(page.getByRole('main'), /没有这个测点.*回到设备列表/)
      await page.goto(`${campus.cloud.origin}/devices/test-campus/nobody`)
      await expectText(page.getByRole('main'), '没有这台设备')
    })
  })

  test('a search without a result offers to clear it', async () => {
    await browser.browse({ origin: campus.cloud.origin }, async ({ page, signIn }) => {
      await signIn('facilities', password)
      await page.getByRole('searchbox').fill('zzz')
      await expectText(page.getByRole('main'), /没有符合条件的设备/)
      expect(page.url()).toContain('q=zzz')
      await page.getByRole('link', { name: '清除筛选' }).click()
      await expectText(page.getByRole('main'), 'test-campus/lux-1')
      await page.getByRole('searchbox').fill('LUX-1')
      await expectText(page.getByRole('main'), 'test-campus/lux-1')
    })
  })
})
