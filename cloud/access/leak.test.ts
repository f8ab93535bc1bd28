import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import WebSocket from 'ws'
import { roles } from '#contract/permissions.ts'
import type { ApiClient } from '../../tests/support/api-client.ts'
import {
  type Answer,
  type ApiDocument,
  type Filled,
  type Operation,
  operationsOf,
  send,
} from '../../tests/support/api-document.ts'
import { valuesOf } from '../../tests/support/from-schema.ts'
import { school, startTwoSchools, type TwoSchools } from '../../tests/support/two-schools.ts'
import { waitFor } from '../../tests/support/wait-for.ts'

/**
 * Everybody of school A asks every route of the OpenAPI document for the things of school B: not one byte comes back, and
 * nothing of B changes. A route that is added is asked as well; where the test can't tell which thing of B its path names, it fails.
 */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

const b = school('b')
const words = [b.campus, b.room, b.gateway, b.device, b.word]
/** By the name of a parameter or of a field of a body. */
const thingsByName: Readonly<Record<string, unknown>> = {
  ...{ gateway: b.gateway, gateways: [b.gateway], point: b.point, points: [b.point] },
  ...{ device: b.deviceId, devices: [b.deviceId] },
  ...{ node: b.campus, place: b.campus, parent: b.campus },
}
const isThing = (name: string) => Object.hasOwn(thingsByName, name)
/** By route, where the name of the parameter does not tell. */
const thingsByPath: Readonly<Record<string, string>> = {
  '/tree/nodes/{id}': b.room,
  '/gateways/{id}/scans/{scan}': 'scan-1',
  '/calendars/{node}': b.campus,
  '/dangers/{id}/photos/{photo}': 'photo-1',
  '/gateways/{id}/ledger/{day}': '2026-11-27',
  '/alarms/{id}/photos/{digest}': '0'.repeat(64),
  '/alarms/{id}/procedure/{step}': 'look',
  '/me/notifications/push-subscriptions/{id}': 'browser-b',
  '/gateways/{id}/config/versions/{version}': '1',
}
/** What B itself has not: there is no drawing, no picture, no scan, and its gateway has nothing to tell. */
const absentInB = /\/(plan|photos\/\{(photo|digest)\}|scans\/\{scan\}|profiles|buses|proposals|errors)$/
/** Ends the session that asks. */
const ownSession = ['signOut']

let schools: TwoSchools
const started = new AsyncDisposableStack()
let operations: Operation[] = []

beforeAll(async () => {
  schools = started.use(await startTwoSchools())
  operations = operationsOf(await schools.admin.call<ApiDocument>('/api/v1/openapi.json')).filter(
    ({ operationId = '' }) => !ownSession.includes(operationId),
  )
})
afterAll(() => started.disposeAsync())

const short = (path: string) => path.replace('/api/v1', '')

/** What stands for `{name}`: something of B's. */
async function thingOf(path: string, name: string): Promise<string> {
  const upTo = path.slice(0, path.indexOf(`{${name}}`))
  const named = thingsByPath[short(`${upTo}{${name}}`)]
  if (named !== undefined) return named
  if (name === 'gateway') return b.gateway
  if (name === 'device') return b.device
  const list = upTo.replace(/\/$/, '')
  if (!operations.some(({ name: operation }) => operation === `GET ${list}`))
    throw new Error(`tell this test which thing of school B ${name} of ${path} names`)
  const owner = await schools.person('b', 'admin')
  const { items } = await owner.call<{ items: { id?: string }[] }>(list)
  const id = items?.[0]?.id
  if (id === undefined) throw new Error(`school B has nothing in ${list}: add it in two-schools.ts`)
  return id
}

/** The names that say which thing is meant get B's things; everything else is what the schema allows. */
function aimed(value: unknown, name = ''): unknown {
  if (isThing(name) && (typeof value === 'string' || Array.isArray(value))) return thingsByName[name]
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((one) => aimed(one, name.replace(/s$/, '')))
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, aimed(one, key)]))
}

/** What to ask: for B's things, and where they need not be named without naming them. */
async function questions(operation: Operation): Promise<Filled[]> {
  const aimedAt = await fill(operation, true)
  const unaimed = await fill(operation, false)
  return JSON.stringify(aimedAt.query) === JSON.stringify(unaimed.query) ? [aimedAt] : [aimedAt, unaimed]
}

async function fill({ path, parameters = [], requestBody }: Operation, isAimed: boolean): Promise<Filled> {
  const params: Record<string, string> = {}
  for (const [, name = ''] of path.matchAll(/\{(\w+)\}/g)) params[name] = await thingOf(path, name)
  const query = Object.fromEntries(
    parameters
      .filter(
        ({ in: where, required, name }) => where === 'query' && (required || (isAimed && isThing(name))),
      )
      .map(({ name, schema }) => [name, isThing(name) ? aimed('x', name) : sample(valuesOf(schema))]),
  )
  const [type, content] = Object.entries(requestBody?.content ?? {})[0] ?? []
  if (type === undefined || content === undefined) return { params, query }
  const value = type === 'application/json' ? aimed(sample(valuesOf(content.schema))) : b.word
  return { params, query, body: { type, content: value } }
}

function sample(values: fc.Arbitrary<unknown>): unknown {
  return fc.sample(values, { seed: 1, numRuns: 1 })[0]
}

/** What the answer says. A refusal may repeat the question, and nothing else. */
function told({ status, text }: Answer, filled: Filled): string {
  if (status < 400) return text
  const asked = JSON.stringify(filled).match(/[\w-]+(?:\/[\w-]+)*|[\p{Script=Han}]+/gu) ?? []
  return [...new Set(asked)]
    .sort((x, y) => y.length - x.length)
    .reduce((left, one) => left.replaceAll(one, ''), text)
}

function leaks(text: string): string[] {
  return words.filter((word) => text.includes(word))
}

/** Every row that is B's, without what only says that time goes by. */
async function stateOfB(): Promise<string[]> {
  const tables = (await schools.db.introspection.getTables()).map(({ name }) => name)
  const rows: string[] = []
  for (const table of tables.filter((name) => !['audit', 'sessions'].includes(name))) {
    const found = await sql<Record<string, unknown>>`select * from ${sql.table(table)}`.execute(schools.db)
    for (const { last_seen_at: _, last_sign_in_at: __, ...row } of found.rows)
      rows.push(`${table} ${JSON.stringify(row)}`)
  }
  return rows.filter((row) => leaks(row).length > 0).sort()
}

test('school B itself gets its things: the questions below are about what there is', async () => {
  const owner = await schools.person('b', 'admin')
  const { origin } = schools.cloud
  const refused: string[] = []
  for (const operation of operations.filter(
    ({ method, path }) => method === 'GET' && !path.endsWith('/live'),
  )) {
    for (const filled of await questions(operation)) {
      const { status, text } = await send(origin, operation, filled, owner.token)
      const mayBeAbsent = absentInB.test(operation.path) && status !== 403
      const isForAll = status === 403 && text.includes('everywhere')
      if (status >= 300 && !mayBeAbsent && !isForAll) refused.push(`${operation.name} ${status} ${text}`)
    }
  }
  expect(refused).toEqual([])
})

test.each(roles)('a %s of school A', async (role) => {
  const before = await stateOfB()
  const caller = await schools.person('a', role)
  const wrong: string[] = []
  for (const operation of operations) {
    for (const filled of await questions(operation)) {
      const token = operation.isPublic ? undefined : caller.token
      const answer = await send(schools.cloud.origin, operation, filled, token)
      const found = leaks(told(answer, filled))
      if (found.length > 0)
        wrong.push(`${operation.name} told of ${found.join()}: ${answer.text.slice(0, 500)}`)
      const namesThing = Object.keys(filled.params).length > 0
      if (namesThing && !operation.isPublic && ![403, 404].includes(answer.status))
        wrong.push(`${operation.name} answered ${answer.status}: ${answer.text.slice(0, 300)}`)
    }
  }
  expect(wrong).toEqual([])
  expect(await stateOfB()).toEqual(before)
})

test('nobody without a session gets anything but what is open to all', async () => {
  const wrong: string[] = []
  for (const operation of operations.filter(({ isPublic }) => !isPublic)) {
    const { status } = await send(schools.cloud.origin, operation, await fill(operation, true))
    if (status !== 401) wrong.push(`${operation.name} ${status}`)
  }
  expect(wrong).toEqual([])
})

const topics = ['alarms', 'gateways', 'devices', 'commands', `points:${b.gateway}`, `points:${b.point}`]

async function listen({ origin, token }: ApiClient) {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/api/v1/live`, {
    headers: { authorization: `Bearer ${token}` },
  })
  let heard = ''
  socket.on('message', (data) => {
    heard += String(data)
  })
  await new Promise((resolve) => socket.once('open', resolve))
  socket.send(JSON.stringify({ type: 'sub', topics }))
  return { heard: () => heard, [Symbol.dispose]: () => socket.terminate() }
}

test('the live stream and the long poll of school A tell nothing of school B', async () => {
  const [stranger, owner] = [await schools.person('a', 'admin'), await schools.person('b', 'screen')]
  using foreign = await listen(stranger)
  using own = await listen(owner)
  const query = topics.map((topic) => `topic=${encodeURIComponent(topic)}`).join('&')
  const { seq } = await stranger.call<{ seq: number }>('/api/v1/events?wait=0')
  const poll = stranger.call(`/api/v1/events?since=${seq}&wait=3&${query}`)
  await schools.report('b', 42)
  await waitFor(() => {
    expect(own.heard()).toContain(`"point":"${b.point}"`)
    expect(own.heard()).toContain(b.word)
  })
  await schools.report('a', 43)
  await waitFor(() => expect(foreign.heard()).toContain(school('a').word))
  await sleep(300)
  expect(leaks(foreign.heard())).toEqual([])
  expect(leaks(JSON.stringify(await poll))).toEqual([])
  const again = await stranger.call(`/api/v1/events?since=${seq}&wait=0&${query}`)
  expect(JSON.stringify(again)).toContain(school('a').word)
  expect(leaks(JSON.stringify(again))).toEqual([])
})
