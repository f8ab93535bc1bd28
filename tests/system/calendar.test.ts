import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { GatewayCalendar, GatewayCalendarList, PlaceCalendar } from '#contract/api/calendars.ts'
import type { CalendarPart } from '#contract/calendar.ts'
import { addSiteDays, siteDayOf } from '#contract/site-day.ts'
import { startProxiedCampus } from '../support/proxied-campus.ts'
import type { Campus } from '../support/test-campus.ts'
import { waitFor } from '../support/wait-for.ts'

const name = { zh: '测试' }
type Health = { calendar: { version?: string; day?: string; kind?: string; term?: string; week?: number } }

/** The day of a holiday is today, on whichever day the test runs. */
function holidayAround(now: number): CalendarPart {
  const today = siteDayOf(now)
  return {
    terms: [{ id: 'now', name, first: addSiteDays(today, -7), last: addSiteDays(today, 30) }],
    holidays: [{ name, first: addSiteDays(today, -1), last: addSiteDays(today, 2) }],
  }
}

function put({ cloud }: Campus, node: string, version: number, part: CalendarPart): Promise<PlaceCalendar> {
  const body = JSON.stringify({ version, part })
  return cloud.api.call(`/api/v1/calendars/${node}`, { method: 'PUT', body })
}

async function told({ cloud, gatewayId }: Campus): Promise<GatewayCalendar | undefined> {
  const { items } = await cloud.api.call<GatewayCalendarList>('/api/v1/calendars/gateways')
  return items.find(({ gateway }) => gateway === gatewayId)
}

const healthOf = async ({ gateway }: Campus) => ((await gateway.health()) as Health).calendar
const eventually = { timeoutMs: 30_000, everyMs: 100 }

test('edited in the cloud, it arrives at the gateway, stays there without the cloud, and is mended after', async () => {
  await using site = await startProxiedCampus({ devices: [], reconnectMax: '1s' })
  const { campus, link } = site
  const title = { zh: '某处' }
  const node = (id: string, body: object) =>
    campus.cloud.api.call(`/api/v1/tree/nodes/${id}`, {
      method: 'PUT',
      body: JSON.stringify({ title, ...body }),
    })
  await node('city', { kind: 'bureau' })
  await put(campus, 'city', 0, holidayAround(Date.now()))
  expect(await healthOf(campus)).toEqual({})

  // It stands nowhere until now: being put into the tree is a reason as well.
  await node('school', { kind: 'campus', parent: 'city', gateways: [campus.gatewayId] })
  const first = await waitFor(async () => {
    const shown = await healthOf(campus)
    expect(shown).toMatchObject({ kind: 'holiday', term: 'now', week: 2 })
    return shown
  }, eventually)
  await waitFor(
    async () => expect(await told(campus)).toMatchObject({ state: 'current', version: first.version }),
    eventually,
  )

  // Its own school works through the holiday.
  const today = siteDayOf(Date.now())
  const days = [0, 1, 2].map((ahead) => ({ day: addSiteDays(today, ahead), follows: 3 }))
  await put(campus, 'school', 0, { makeUpDays: days })
  const second = await waitFor(async () => {
    const shown = await healthOf(campus)
    expect(shown.kind).toBe('make-up')
    return shown
  }, eventually)
  expect(second.version).not.toBe(first.version)

  link.cut()
  await put(campus, 'school', 1, { zone: 'Europe/Berlin' })
  await campus.gateway.restart()
  expect(await healthOf(campus)).toEqual(second)
  expect((await told(campus))?.state).toBe('waiting')

  link.heal()
  await waitFor(async () => {
    expect((await healthOf(campus)).kind).toBe('holiday')
    expect((await told(campus))?.state).toBe('current')
  }, eventually)

  // A power cut, and a file that is not whole: it is no calendar until the cloud has sent it again.
  const whole = await healthOf(campus)
  await campus.gateway.kill9()
  await writeFile(join(campus.folder.path, 'gateway', 'data', 'calendar.json'), '{"v":1,"vers')
  await campus.gateway.restart()
  await waitFor(async () => expect(await healthOf(campus)).toEqual(whole), eventually)
}, 180_000)
