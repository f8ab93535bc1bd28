import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildConsole, expectText, settled, TestBrowser } from '../support/chromium.ts'
import { describeWith } from '../support/servers.ts'
import { type Campus, lux, meter, startCampus } from '../support/test-campus.ts'
import { password } from '../support/test-cloud.ts'
import { waitFor } from '../support/wait-for.ts'

describeWith(['chromium'], 'live values in the console', () => {
  let campus: Campus
  let browser: TestBrowser

  beforeAll(async () => {
    await buildConsole()
    campus = await startCampus({
      devices: [meter('meter-1', 1), lux('lux-1', { interval: '1s' })],
      rules: [
        {
          id: 'lux-low',
          point: 'lux-1/illuminance',
          below: 300,
          hysteresis: 20,
          onDelay: '0s',
          offDelay: '0s',
          priority: 2,
          title: { zh: '教室太暗', en: 'Classroom too dark' },
        },
      ],
    })
    await campus.site.set('lux-1', 'illuminance', 512)
    browser = await TestBrowser.start()
    await waitFor(async () => {
      const devices = await campus.cloud.api.devices()
      const lastValues = devices.flatMap(({ points }) => points.map(({ last }) => last?.value))
      expect(devices).toHaveLength(2)
      expect(lastValues).toContain(512)
    })
  })

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await campus?.[Symbol.asyncDispose]()
  })

  test('a value changes in the list, on the device and on the point without reloading', async () => {
    await browser.browse({ origin: campus.cloud.origin }, async ({ page, signIn }) => {
      await signIn('facilities', password)
      const cell = page.locator('[data-point="test-campus/lux-1/illuminance"]')
      await expectText(cell, '512 lx')
      await campus.site.set('lux-1', 'illuminance', 634)
      await expectText(cell, '634 lx')
      const row = page.getByRole('row').filter({ hasText: 'test-campus/lux-1' })
      await expectText(row, '正常')

      await row.getByRole('link').click()
      await settled(page)
      await expectText(cell, '634 lx')
      await campus.site.set('lux-1', 'illuminance', 701)
      await expectText(cell, '701 lx')

      await page.locator('a[href$="/lux-1/illuminance"]').click()
      await settled(page)
      await expectText(cell, '701 lx')
      await page.locator('canvas').first().waitFor()
      await campus.site.set('lux-1', 'illuminance', 555)
      await expectText(cell, '555 lx')
      await expectText(page.locator('output'), '555 lx')
    })
  })

  test('the history shows what the store holds, on the site’s clock, and can be taken along', async () => {
    await browser.browse({ origin: campus.cloud.origin }, async ({ page, signIn, open }) => {
      await signIn('facilities', password)
      await campus.site.set('lux-1', 'illuminance', 888)
      const point = campus.pointId('lux-1/illuminance')
      const t = await waitFor(async () => {
        const samples = await campus.cloud.api.samples(point, {
          from: Date.now() - 60_000,
          to: Date.now() + 1000,
        })
        const found = samples.find(([, value]) => value === 888)
        if (found === undefined) throw new Error('888 is not stored yet')
        return found[0]
      })
      await open(`/points/${point}?view=table`)
      const row = page.getByRole('row').filter({ hasText: shanghai(t) })
      await expectText(row.first(), '888 lx')

      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: '下载 CSV' }).click(),
      ])
      const text = await readFile(await download.path(), 'utf8')
      expect(text).toContain(`${shanghai(t)}.${String(t % 1000).padStart(3, '0')},888,lx,good`)
      expect(download.suggestedFilename()).toMatch(/^test-campus_lux-1_illuminance_\d{12}\.csv$/)
    })
  })

  test('a meter that does not answer is neither normal nor silently old', async () => {
    await browser.browse({ origin: campus.cloud.origin }, async ({ page, signIn }) => {
      await signIn('facilities', password)
      const row = page.getByRole('row').filter({ hasText: 'test-campus/meter-1' })
      await expectText(row, '正常')
      await campus.site.fault('meter-1', { kind: 'silent' })
      await waitFor(async () => expect(await row.textContent()).toMatch(/离线|异常/), { timeoutMs: 60_000 })
      expect(await row.textContent()).not.toMatch(/正常/)
      await campus.site.heal('meter-1')
      await waitFor(async () => expect(await row.textContent()).toMatch(/正常/), { timeoutMs: 60_000 })
    })
  })

  test('an alarm appears on every page while it is open and says what crossed which limit where', async () => {
    await browser.browse({ origin: campus.cloud.origin, language: 'en' }, async ({ page, signIn }) => {
      await signIn('guard', password)
      await campus.site.set('lux-1', 'illuminance', 120)
      const link = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: /Alarms/ })
      await expectText(link, '1')
      await link.click()
      const row = page.getByRole('row').filter({ hasText: 'Classroom too dark' })
      await expectText(row, '120 lx')
      await expectText(row, /P2.*Unacknowledged.*limit 300 lx/)
      await campus.site.set('lux-1', 'illuminance', 640)
      await page.getByText('Nothing to do').waitFor()
      await page.getByText('Over, not acknowledged').first().click()
      await expectText(row.first(), 'Over, not acknowledged')
    })
  })
})

/** `2026-11-22 22:41:07` in Shanghai, by other means than the console's. */
function shanghai(t: number): string {
  return new Date(t + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')
}
