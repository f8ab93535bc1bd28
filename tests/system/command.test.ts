import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DeviceErrorList } from '#contract/api/devices.ts'
import { comesTo, give, isLinked, look, relays, stepsOf, writesOf } from '../support/command-campus.ts'
import { type Campus, startCampus } from '../support/test-campus.ts'
import { waitFor } from '../support/wait-for.ts'

let campus: Campus

/** Relay 1 of `quick` follows at once, of `slow` after a while, of `deaf` not within the time for reading back. */
beforeAll(async () => {
  campus = await startCampus({
    devices: [relays('quick', 1), relays('slow', 2, '1500ms'), relays('deaf', 3, '1h')],
    interlocks: [
      {
        id: 'one-at-a-time',
        target: 'quick/relay.3',
        values: [true],
        blockedWhile: { point: 'quick/relay.4', equals: true },
        title: { zh: '四号回路已接通，不能同时接通三号', en: 'Circuit 4 is on, so circuit 3 stays off' },
      },
    ],
  })
  for (const device of ['quick', 'slow', 'deaf']) await isLinked(campus, device, 'up')
})

afterAll(async () => {
  await campus?.[Symbol.asyncDispose]()
})

test('a command goes to the device, is read back, and every step has its time', async () => {
  const given = await give(campus, 'quick/relay.1')
  const done = await comesTo(campus, given)
  expect(done).toMatchObject({ state: 'done', verified: true, readBack: true, by: { username: 'admin' } })
  expect(stepsOf(done)).toEqual(['queued', 'sent', 'accepted', 'done'])
  const times = done.steps.map(({ at }) => Date.parse(at))
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  const shown = (await campus.site.describe('quick')).points.find(({ id }) => id === 'relay.1')
  expect(shown?.value).toBe(true)
  expect(await campus.cloud.metrics()).toContain('campus_command_steps_total{state="done"} 1')
})

test('who watches hears every step, also who was away for a moment', async () => {
  type Heard = { seq: number; events: { topic: string; data: { id: string; state: string } }[] }
  const events = (query: string) => campus.cloud.api.call<Heard>(`/api/v1/events?topic=commands&${query}`)
  const { seq } = await events('')
  const given = await give(campus, 'quick/relay.8')
  await comesTo(campus, given, 'done')
  const heard = await events(`since=${seq}`)
  const mine = heard.events.filter(({ data }) => data.id === given.id)
  expect(mine.map(({ data }) => data.state)).toEqual(['queued', 'sent', 'accepted', 'done'])
})

test('asking twice with one key switches once', async () => {
  const before = await writesOf(campus, 'quick')
  const asked = { key: 'by-the-way', value: false }
  const [first, second] = await Promise.all([
    give(campus, 'quick/relay.2', asked),
    give(campus, 'quick/relay.2', asked),
  ])
  expect(second.id).toBe(first.id)
  await comesTo(campus, first, 'done')
  expect((await give(campus, 'quick/relay.2', asked)).id).toBe(first.id)
  expect(await writesOf(campus, 'quick')).toBe(before + 1)
  await expect(give(campus, 'quick/relay.2', { ...asked, value: true })).rejects.toThrow(/409.*CONFLICT/)
})

test('a device that takes the write and does not follow: done, not verified, with what it shows', async () => {
  const done = await comesTo(campus, await give(campus, 'deaf/relay.1'))
  expect(done).toMatchObject({ state: 'done', verified: false, readBack: false })
  const { items } = await campus.cloud.api.call<DeviceErrorList>(
    `/api/v1/devices/${campus.gatewayId}/deaf/errors`,
  )
  expect(items).toMatchObject([
    { kind: 'not_verified', place: 'deaf/relay.1', text: 'it shows false', count: 1 },
  ])
})

test('an interlock refuses in the words of the campus, and lets go when its reason is gone', async () => {
  await comesTo(campus, await give(campus, 'quick/relay.4'), 'done')
  expect(await comesTo(campus, await give(campus, 'quick/relay.3'))).toMatchObject({
    state: 'rejected',
    code: 'COMMAND_INTERLOCKED',
    reason: { zh: '四号回路已接通，不能同时接通三号' },
  })
  await comesTo(campus, await give(campus, 'quick/relay.4', { value: false }), 'done')
  expect(await comesTo(campus, await give(campus, 'quick/relay.3'))).toMatchObject({ state: 'done' })
})

test('the gateway is killed between the write and its answer: one write, and the end is told', async () => {
  const before = await writesOf(campus, 'slow')
  const given = await give(campus, 'slow/relay.1')
  await waitFor(async () => expect(await writesOf(campus, 'slow')).toBe(before + 1), { everyMs: 20 })
  await campus.gateway.kill9()
  expect((await look(campus, given)).state).not.toBe('done')
  await campus.gateway.restart()
  expect(await comesTo(campus, given)).toMatchObject({ state: 'done', verified: true, readBack: true })
  expect(await writesOf(campus, 'slow')).toBe(before + 1)
})

test('the cloud is killed between sending and the answer: one write, and the end is told', async () => {
  const before = await writesOf(campus, 'slow')
  const given = await give(campus, 'slow/relay.1', { value: false })
  await waitFor(async () => expect(await writesOf(campus, 'slow')).toBe(before + 1), { everyMs: 20 })
  await campus.cloud.kill9()
  await campus.cloud.restart()
  expect(await comesTo(campus, given)).toMatchObject({ state: 'done', verified: true, readBack: false })
  expect(await writesOf(campus, 'slow')).toBe(before + 1)
})

test('both are killed right after the command was taken: it is carried out once', async () => {
  const before = await writesOf(campus, 'quick')
  const given = await give(campus, 'quick/relay.5')
  await Promise.all([campus.cloud.kill9(), campus.gateway.kill9()])
  await Promise.all([campus.cloud.restart(), campus.gateway.restart()])
  expect(await comesTo(campus, given)).toMatchObject({ state: 'done', verified: true })
  expect(await writesOf(campus, 'quick')).toBe(before + 1)
})

test('a gateway that is off: queued; expired in time, or delivered when it is back', async () => {
  const before = await writesOf(campus, 'quick')
  await campus.gateway.kill9()
  await waitFor(async () => expect((await campus.cloud.api.gateways())[0]?.connected).toBe(false))
  const short = await give(campus, 'quick/relay.6', { expiresInS: 2 })
  const long = await give(campus, 'quick/relay.7', { expiresInS: 300 })
  expect(await look(campus, short)).toMatchObject({ state: 'queued', waitingFor: 'gateway' })
  const expired = await comesTo(campus, short)
  expect(expired).toMatchObject({ state: 'expired', code: 'COMMAND_EXPIRED' })
  expect(Date.parse(expired.finishedAt ?? '') - Date.parse(expired.expiresAt)).toBeLessThan(5_000)
  expect(await look(campus, long)).toMatchObject({ state: 'queued', waitingFor: 'gateway' })
  await campus.gateway.restart()
  expect(await comesTo(campus, long)).toMatchObject({ state: 'done', verified: true })
  expect(stepsOf(await look(campus, short))).toEqual(['queued', 'expired'])
  expect(await writesOf(campus, 'quick')).toBe(before + 1)
})

test('guards and the bureau may look and not touch', async () => {
  const given = await give(campus, 'quick/relay.1')
  for (const username of ['guard', 'bureau']) {
    const { token } = await campus.cloud.api.call<{ token: string }>('/api/v1/session', {
      method: 'POST',
      body: JSON.stringify({ username, password: 'a password for tests only' }),
    })
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const url = `${campus.cloud.origin}/api/v1/commands`
    const body = JSON.stringify({ point: campus.pointId('quick/relay.1'), value: true, key: 'mine' })
    expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(403)
    expect((await fetch(`${url}/${given.id}`, { headers })).status).toBe(200)
  }
})
