import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase } from '#cloud/state/database.ts'
import { addSiteDays, rangeOfSiteDay, siteDayOf } from '#contract/site-day.ts'
import { createLogger } from '#lib/logger.ts'
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
import { tempFolder } from '../support/temp-folder.ts'
import { password, TestCloud } from '../support/test-cloud.ts'
import { waitFor } from '../support/wait-for.ts'

const id = 'school-a'
const host = '127.0.0.1'
const page = `/gateways/${id}/ledger`
/** Days before today, so that midnight during the test changes nothing but the names. */
const today = siteDayOf(Date.now())
const lossDay = addSiteDays(today, -1)
const wholeDay = addSiteDays(today, -2)
const quietDay = addSiteDays(today, -3)
const unknownDay = addSiteDays(today, -4)

const noonOf = (day: string): number => (rangeOfSiteDay(day)?.from ?? 0) + 12 * 3_600_000

/** A gateway that lost some of yesterday, owes some, and has a clock that is off. */
async function seed(file: string): Promise<void> {
  const db = await openDatabase({ path: file, log: createLogger({ level: 'silent' }) })
  const started_at = noonOf(unknownDay)
  const epoch = (started_at / 1000) * 65_536
  const telemetry = { gateway: id, stream: 'telemetry', epoch }
  const events = { ...telemetry, stream: 'events' }
  await db
    .insertInto('streams')
    .values([
      { ...telemetry, started_at, produced_seq: 1_000, produced_samples: 50_000, received_samples: 48_600 },
      { ...events, started_at, produced_seq: 20, produced_samples: 20, received_samples: 20 },
    ])
    .execute()
  const received_at = noonOf(lossDay) + 3_600_000
  await db
    .insertInto('received_ranges')
    .values([
      { ...telemetry, first_seq: 1, last_seq: 900, received_at },
      { ...telemetry, first_seq: 925, last_seq: 990, received_at },
      { ...events, first_seq: 1, last_seq: 20, received_at },
    ])
    .execute()
  const at = noonOf(lossDay)
  const lost = { ...telemetry, at, from_t: at - 600_000, to_t: at }
  await db
    .insertInto('dropped_ranges')
    .values([
      { ...lost, first_seq: 901, last_seq: 910, samples: 500, reason: 'disk-budget' },
      { ...lost, first_seq: 911, last_seq: 920, samples: 500, reason: 'disk-budget' },
      { ...lost, first_seq: 921, last_seq: 924, samples: 200, reason: 'refused' },
    ])
    .execute()
  const day = { ...telemetry, first_seq: 1, last_seq: 900, batches: 880, samples: 44_000 }
  await db
    .insertInto('received_days')
    .values([
      { ...day, day: quietDay, lane: 'live', last_seq: 1, batches: 0, samples: 0 },
      { ...day, day: wholeDay, lane: 'live' },
      { ...day, day: wholeDay, lane: 'backfill', first_seq: 30, last_seq: 49, batches: 20, samples: 1_000 },
      { ...day, ...events, day: wholeDay, lane: 'events', last_seq: 20, batches: 20, samples: 20 },
      { ...day, day: lossDay, lane: 'live', first_seq: 925, last_seq: 990, batches: 66, samples: 3_600 },
    ])
    .execute()
  await db
    .insertInto('alarm_events')
    .values({
      ...{ gateway: id, occurrence: 'cloud.clock-1', rule: 'cloud.clock', point: '', priority: 3 },
      ...{ title_zh: '网关时钟偏快', title_en: 'The clock of the gateway is ahead', state: 'raised' },
      life: 'unacknowledged',
      ...{ raised_at: at, received_at: at, raise_value_json: '90', limit_value: 60 },
    })
    .execute()
  await db.destroy()
}

describeWith(['chromium'], 'the ledger of a day', () => {
  const parts = new AsyncDisposableStack()
  let origin: string
  let browser: TestBrowser

  beforeAll(async () => {
    await buildConsole()
    const folder = parts.use(await tempFolder())
    const [httpPort, mqttPort] = await Promise.all([freePort(host), freePort(host)])
    const gateways = [{ id, token: randomBytes(24).toString('base64url') }]
    const cloud = parts.use(
      await TestCloud.start({ folder: folder.path, host, httpPort, mqttPort, gateways }),
    )
    await cloud.program.stop()
    await seed(join(folder.path, 'data', 'state.db'))
    await cloud.restart()
    origin = cloud.origin
    browser = parts.use(await TestBrowser.start())
  })

  afterAll(() => parts.disposeAsync())

  const summaryOf = (opened: { page: import('playwright-core').Page }) =>
    opened.page.getByRole('region', { name: /当日小结|The day in short/ })

  test('a day says in a sentence what was lost and why, and what is owed, then lists it', async () => {
    await browser.browse({ origin }, async (opened) => {
      await opened.signIn('facilities', password)
      await opened.open(`/gateways/${id}`)
      await opened.page.getByRole('link', { name: '按日查看' }).click()
      await opened.page.waitForURL(`**${page}`)
      await opened.open(`${page}?day=${lossDay}`)
      await expectText(
        summaryOf(opened),
        '测量数据：3 段（24 批）共 1,200 个样本被丢弃，原因：缓存空间已用完、云端无法接受',
      )
      await expectText(summaryOf(opened), '测量数据：仍欠 1 段（10 批）')
      const rows = opened.page.getByRole('table', { name: '测量数据' }).getByRole('row')
      await waitFor(async () => expect(await rows.count()).toBe(6))
      await expectText(
        rows.nth(1),
        /已丢弃901–910.*10500缓存空间已用完.*12:00:00 丢弃.*11:50:00 至 .*12:00:00/,
      )
      await expectText(rows.nth(4), /未送达991–1,000.*13:00:00 起未送达/)
      await expectText(rows.nth(5), /已收到925–990.*66.*3,600经实时通道到达/)
    })
  })

  test('the day is chosen with the keyboard or by steps, stands in the address, and today is the end', async () => {
    await browser.browse({ origin, language: 'en' }, async (opened) => {
      await opened.signIn('facilities', password)
      await opened.open(page)
      const button = (name: string) => opened.page.getByRole('button', { name })
      expect(await button('Next day').isDisabled()).toBe(true)
      await button('Previous day').focus()
      await opened.page.keyboard.press('Enter')
      await opened.page.waitForURL(`**${page}?day=${lossDay}`)
      await expectText(summaryOf(opened), '3 ranges (24 batches, 1,200 samples) were dropped')
      const field = opened.page.getByLabel('Day', { exact: true }).last()
      await field.fill(wholeDay)
      await opened.page.waitForURL(`**${page}?day=${wholeDay}`)
      await expectText(summaryOf(opened), 'Everything arrived: 920 batches with 45,000 samples and 20 events')
      await button('Previous day').click()
      await expectText(summaryOf(opened), 'Nothing arrived on this day')
      await button('Previous day').click()
      await expectText(summaryOf(opened), 'There is no record by day')
      await button('Today').click()
      await waitFor(() => expect(new URL(opened.page.url()).search).toBe(''))
    })
  })

  test.each([
    { language: 'zh-CN', theme: 'light', width: 360 },
    { language: 'en', theme: 'dark', width: 360 },
  ] as const)('%o: axe finds nothing and nothing scrolls sideways', async (look) => {
    await browser.browse({ origin, ...look }, async (opened) => {
      await opened.signIn('facilities', password)
      for (const path of [
        `${page}?day=${lossDay}`,
        `${page}?day=${wholeDay}`,
        `/gateways/${id}`,
        '/alarms',
      ]) {
        await opened.open(path)
        await settled(opened.page)
        expect(await accessibilityProblems(opened.page), path).toEqual([])
        expect(await sidewaysScroll(opened.page), path).toBe(0)
      }
    })
  })

  test('an alarm about the gateway itself is on its page and leads there from the list', async () => {
    await browser.browse({ origin }, async (opened) => {
      await opened.signIn('facilities', password)
      await opened.open('/alarms')
      const row = opened.page.getByRole('row').filter({ hasText: '网关时钟偏快' })
      await expectText(row, /三级.*school-a.*90 s.*限值 60 s/)
      await row.click()
      await opened.page.getByRole('region', { name: '告警详情' }).getByRole('link', { name: id }).click()
      await opened.page.waitForURL(`**/gateways/${id}`)
      await expectText(opened.page.getByRole('list', { name: '告警' }), '网关时钟偏快')
    })
  })
})
