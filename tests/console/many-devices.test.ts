import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildConsole, expectText, settled, TestBrowser } from '../support/chromium.ts'
import { describeWith } from '../support/servers.ts'
import { type Campus, lux, startCampus } from '../support/test-campus.ts'
import { password } from '../support/test-cloud.ts'
import { waitFor } from '../support/wait-for.ts'

const count = 60

describeWith(['chromium'], 'a campus with more devices than a page', () => {
  let campus: Campus
  let browser: TestBrowser

  beforeAll(async () => {
    await buildConsole()
    const names = Array.from({ length: count }, (_, i) => `lux-${String(i + 1).padStart(2, '0')}`)
    campus = await startCampus({ devices: names.map((name) => lux(name)) })
    browser = await TestBrowser.start()
    await waitFor(async () => expect(await campus.cloud.api.devices()).toHaveLength(count))
  })

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await campus?.[Symbol.asyncDispose]()
  })

  test('pages lead on and back, a reload stays where one is, a search begins at the first page', async () => {
    await browser.browse({ origin: campus.cloud.origin }, async ({ page, signIn }) => {
      await signIn('facilities', password)
      const rows = page.locator('tbody tr')
      const main = page.getByRole('main')
      await waitFor(async () => expect(await rows.count()).toBe(50))
      await page.getByRole('button', { name: '下一页' }).click()
      await expectText(main, '本页 10 台 · 已到最后')
      expect(await rows.first().textContent()).toContain('lux-51')
      await page.reload()
      await settled(page)
      await expectText(main, '本页 10 台')
      await page.getByRole('button', { name: '上一页' }).click()
      await expectText(main, '本页 50 台')
      expect(await rows.first().textContent()).toContain('lux-01')

      await page.getByRole('button', { name: '下一页' }).click()
      await expectText(main, '本页 10 台')
      await page.getByRole('searchbox').fill('lux-07')
      await expectText(main, '本页 1 台')
      expect(await rows.first().textContent()).toContain('lux-07')
    })
  })

  test('only the devices on the page are listened to', async () => {
    await browser.browse({ origin: campus.cloud.origin }, async ({ page, signIn }) => {
      const topics = new Set<string>()
      page.on('websocket', (socket) =>
        socket.on('framesent', ({ payload }) => {
          const request = JSON.parse(String(payload)) as { type: string; topics: string[] }
          for (const topic of request.topics)
            request.type === 'sub' ? topics.add(topic) : topics.delete(topic)
        }),
      )
      await signIn('facilities', password)
      const watched = () => [...topics].filter((topic) => topic.startsWith('points:'))
      await waitFor(() => expect(watched()).toHaveLength(50))
      await page.getByRole('button', { name: '下一页' }).click()
      await waitFor(() => expect(watched()).toHaveLength(10))
      await page.locator('tbody tr').first().getByRole('link').click()
      await waitFor(() => expect(watched()).toEqual(['points:test-campus/lux-51']))
    })
  })
})
