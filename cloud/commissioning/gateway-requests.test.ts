import { expect, test } from 'vitest'
import type { Reply, ReplyBody, Request } from '#contract/request.ts'
import { FakeClock } from '#lib/fake-clock.ts'
import { waitFor } from '../../tests/support/wait-for.ts'
import { GatewayRequests } from './gateway-requests.ts'

function start(away = false) {
  const clock = new FakeClock()
  const sent: Request[] = []
  const requests = new GatewayRequests({
    clock,
    clockOffsetMs: async () => 5_000,
    send: async (_, request) => {
      if (!away) sent.push(request)
      return !away
    },
  })
  const asked = async (): Promise<Request> =>
    waitFor(() => {
      const last = sent.at(-1)
      if (last === undefined) throw new Error('nothing asked')
      return last
    })
  return { clock, sent, requests, asked }
}

const buses = { kind: 'buses' } as const
const scan = { kind: 'scan', bus: 'plant', first: 1, last: 3 } as const
const timeoutMs = 1_000
const reply = (id: string, part: number, last: boolean, body: ReplyBody): Reply => ({
  ...{ v: 1, id, part, last, ok: true, body },
})
const units = (...numbers: number[]): ReplyBody => ({
  ...{ kind: 'scan', done: numbers.at(-1) ?? 0, total: 3 },
  units: numbers.map((unit) => ({ unit, answered: true })),
})

test('a gateway that is away is told at once, and nobody waits', async () => {
  const { requests } = start(true)
  await expect(requests.ask('school-a', buses, { timeoutMs })).rejects.toMatchObject({
    code: 'GATEWAY_OFFLINE',
  })
})

test('its time is told by the clock of the gateway', async () => {
  const { requests, asked, clock } = start()
  const answer = requests.ask('school-a', buses, { timeoutMs })
  const { id, expiresAt } = await asked()
  expect(expiresAt).toBe(clock.now() + 5_000 + timeoutMs)
  requests.reply('school-a', reply(id, 0, true, { kind: 'buses', buses: [] }))
  expect(await answer).toEqual({ kind: 'buses', buses: [] })
})

test('parts that overtake each other end in order; a stranger’s answer is no answer', async () => {
  const { requests, asked } = start()
  const seen: ReplyBody[] = []
  const answer = requests.ask('school-a', scan, { timeoutMs, onPart: (body) => void seen.push(body) })
  const { id } = await asked()
  requests.reply('school-b', reply(id, 0, true, units(99)))
  requests.reply('school-a', reply(id, 1, true, units(2, 3)))
  expect(seen).toEqual([])
  requests.reply('school-a', reply(id, 0, false, units(1)))
  expect(seen).toEqual([units(1), units(2, 3)])
  expect(await answer).toEqual({ ...units(1, 2, 3) })
})

test('a refusal comes with its code and every problem', async () => {
  const { requests, asked } = start()
  const answer = requests.ask('school-a', { kind: 'add-device', device: {} }, { timeoutMs })
  const { id } = await asked()
  const problems = [{ path: 'unit', message: 'expected an integer' }]
  requests.reply('school-a', {
    v: 1,
    id,
    part: 0,
    last: true,
    ok: false,
    code: 'CONFIG_INVALID',
    message: 'no',
    problems,
  })
  await expect(answer).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: 'no', details: problems })
})

test('silence ends after its time, a lost connection at once', async () => {
  const { requests, asked, clock } = start()
  const silent = requests.ask('school-a', buses, { timeoutMs })
  await asked()
  const told: unknown[] = []
  silent.catch((error: unknown) => told.push(error))
  await waitFor(async () => {
    await clock.advance(1_000)
    expect(told).toMatchObject([{ code: 'GATEWAY_TIMEOUT' }])
  })
  const cut = requests.ask('school-a', scan, { timeoutMs })
  await waitFor(() => requests.disconnected('school-a'))
  await expect(cut).rejects.toMatchObject({ code: 'GATEWAY_TIMEOUT' })
})

test('cancelling asks the gateway to end it, and its answer still counts', async () => {
  const { requests, asked, sent } = start()
  const stop = new AbortController()
  const answer = requests.ask('school-a', scan, { timeoutMs, signal: stop.signal })
  const { id } = await asked()
  stop.abort()
  await waitFor(() => expect(sent.at(-1)).toMatchObject({ kind: 'cancel', request: id }))
  requests.reply('school-a', reply(id, 0, true, units(1)))
  expect(await answer).toEqual(units(1))
})
