/**
 * thingsboard/thingsboard#7123 (also #11642, #8712): a remote call shows "delivered" while the device is offline, stays in
 * "timeout" after a restart, and one odd reply blocks the queue.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { comesTo, give, isLinked, look, relays, stepsOf, writesOf } from '../support/command-campus.ts'
import { type Campus, startCampus } from '../support/test-campus.ts'
import { waitFor } from '../support/wait-for.ts'

let campus: Campus

beforeAll(async () => {
  campus = await startCampus({ devices: [relays('relay-1', 1), relays('relay-2', 2)] })
  for (const device of ['relay-1', 'relay-2']) await isLinked(campus, device, 'up')
})

afterAll(async () => {
  await campus?.[Symbol.asyncDispose]()
})

test('a command to a device that is off is never said to be delivered: queued, then expired', async () => {
  const before = await writesOf(campus, 'relay-1')
  await campus.site.fault('relay-1', { kind: 'silent' })
  await isLinked(campus, 'relay-1', 'down')
  const given = await give(campus, 'relay-1/relay.1', { expiresInS: 4 })
  const held = await waitFor(async () => {
    const found = await look(campus, given)
    expect(found.waitingFor).toBe('device')
    return found
  })
  expect(held).toMatchObject({ state: 'queued', code: 'LINK_DOWN' })
  const expired = await comesTo(campus, given)
  expect(stepsOf(expired)).toEqual(['queued', 'sent', 'queued', 'expired'])

  const later = await give(campus, 'relay-1/relay.1', { expiresInS: 300 })
  await waitFor(async () => expect((await look(campus, later)).waitingFor).toBe('device'))
  await campus.site.heal('relay-1')
  expect(await comesTo(campus, later)).toMatchObject({ state: 'done', verified: true })
  expect(await writesOf(campus, 'relay-1')).toBe(before + 1)
})

test('a restart leaves no command without an end', async () => {
  await campus.site.fault('relay-1', { kind: 'silent' })
  await isLinked(campus, 'relay-1', 'down')
  const soon = await give(campus, 'relay-1/relay.2', { expiresInS: 8 })
  const held = await give(campus, 'relay-1/relay.3', { expiresInS: 300 })
  await waitFor(async () => expect((await look(campus, held)).waitingFor).toBe('device'))
  await Promise.all([campus.gateway.kill9(), campus.cloud.kill9()])
  await Promise.all([campus.gateway.restart(), campus.cloud.restart()])
  expect(await comesTo(campus, soon)).toMatchObject({ state: 'expired' })
  await campus.site.heal('relay-1')
  expect(await comesTo(campus, held)).toMatchObject({ state: 'done', verified: true })
})

test('an odd reply costs its own command some time and the others nothing', async () => {
  await isLinked(campus, 'relay-1', 'up')
  await campus.site.fault('relay-1', { kind: 'wrong-transaction' })
  const odd = await give(campus, 'relay-1/relay.4', { expiresInS: 30 })
  const neighbour = await comesTo(campus, await give(campus, 'relay-2/relay.4'))
  expect(neighbour).toMatchObject({ state: 'done', verified: true })
  await waitFor(async () => expect(stepsOf(await look(campus, odd)).at(-1)).not.toBe('sent'))
  await campus.site.heal('relay-1')
  const next = await give(campus, 'relay-1/relay.5', { expiresInS: 60 })
  await comesTo(campus, odd)
  expect(await comesTo(campus, next)).toMatchObject({ state: 'done', verified: true })
})
