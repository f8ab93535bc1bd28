import { expect, test } from 'vitest'
import type { Database } from '#cloud/state/database.ts'
import type { CommandList, IssuedCommand } from '#contract/api/commands.ts'
import type { WritableAs } from '#contract/catalogue.ts'
import type { Command, CommandResult } from '#contract/command.ts'
import type { Role } from '#contract/permissions.ts'
import { createLogger } from '#lib/logger.ts'
import { seedInventory, testApi } from '../../tests/support/test-api.ts'
import { testUser } from '../../tests/support/test-user.ts'
import { waitFor } from '../../tests/support/wait-for.ts'
import { CommandRepository } from './command-repository.ts'
import { commandRoutes } from './command-routes.ts'
import { CommandService } from './command-service.ts'

const lamp = 'school-a/meter-1/light.level'

/** The routes on a real store; `sent` is what went to gateways while `isThere`. */
async function start({ role = 'facilities' as Role } = {}) {
  const wire = { isThere: true, sent: [] as Command[], told: [] as IssuedCommand[] }
  let service: CommandService | undefined
  const user = testUser(role)
  const other = { ...user, id: 'u2', username: 'wang' }
  const api = await testApi({
    findSession: async (token) =>
      token === 'good' || token === 'other'
        ? { user: token === 'good' ? user : other, expiresAt: Date.now() + 1000 }
        : undefined,
    api: (app, { db, clock }) => {
      service = new CommandService({
        db,
        clock,
        log: createLogger({ level: 'silent' }),
        send: async (_gateway, command) => {
          if (wire.isThere) wire.sent.push(command)
          return wire.isThere
        },
        onChange: (command) => wire.told.push(command),
      })
      commandRoutes(app, service)
    },
  })
  if (service === undefined) throw new Error('no service')
  const commands = service
  await seedInventory(api.db)
  await seedWritable(api.db, 'light.level', { min: 0, max: 100, step: 1, risk: 'low', verified: true })
  commands.start()
  const post = async (body: object, token = 'good') => {
    const answer = await api.app.inject({
      method: 'POST',
      url: '/api/v1/commands',
      headers: { authorization: `Bearer ${token}` },
      payload: body,
    })
    return { status: answer.statusCode, headers: answer.headers, body: answer.json() as IssuedCommand }
  }
  const get = async (id: string) => (await api.get(`/api/v1/commands/${id}`)).body as IssuedCommand
  const says = (id: string, fields: Partial<CommandResult>) =>
    commands.heard('school-a', {
      kind: 'command-result',
      id,
      point: 'meter-1/light.level',
      state: 'accepted',
      at: api.clock.now(),
      ...fields,
    })
  const inState = async (id: string, state: string) =>
    waitFor(async () => {
      const found = await get(id)
      expect(found.state).toBe(state)
      return found
    })
  return {
    ...api,
    db: api.db,
    clock: api.clock,
    wire,
    commands,
    post,
    look: api.get,
    get,
    list: async (query: string) => (await api.get(`/api/v1/commands${query}`)).body as CommandList,
    says,
    inState,
    async [Symbol.asyncDispose]() {
      await commands[Symbol.asyncDispose]()
      await api[Symbol.asyncDispose]()
    },
  }
}

async function seedWritable(db: Database, id: string, writable: WritableAs): Promise<void> {
  const point = { gateway: 'school-a', device: 'meter-1', kind: 'num', unit: '%', title_zh: '', title_en: '' }
  await db
    .insertInto('points')
    .values({ ...point, id, writable_json: JSON.stringify(writable) })
    .execute()
}

const wanted = (more: object = {}) => ({ point: lamp, value: 40, key: 'k1', expiresInS: 30, ...more })

test('a command is stored, sent, carried out and confirmed, and every step has its time', async () => {
  await using api = await start()
  const given = await api.post(wanted())
  expect(given).toMatchObject({
    status: 202,
    headers: { location: `/api/v1/commands/${given.body.id}` },
    body: {
      point: lamp,
      device: 'school-a/meter-1',
      value: 40,
      state: 'queued',
      waitingFor: 'gateway',
      by: { username: 'li', displayName: '李娜' },
    },
  })
  const { id } = given.body
  await api.inState(id, 'sent')
  expect(api.wire.sent).toEqual([
    {
      v: 1,
      id,
      point: 'meter-1/light.level',
      value: 40,
      expiresAt: api.clock.now() + 30_000,
      by: 'li',
    },
  ])
  api.says(id, { state: 'accepted' })
  await api.clock.advance(500)
  api.says(id, { state: 'done', verified: true, readBack: 40 })
  const done = await api.inState(id, 'done')
  expect(done).toMatchObject({ verified: true, readBack: 40 })
  expect(done.waitingFor).toBeUndefined()
  expect(done.steps.map(({ state }) => state)).toEqual(['queued', 'sent', 'accepted', 'done'])
  expect(Date.parse(done.finishedAt ?? '') - Date.parse(done.createdAt)).toBe(500)
  expect(api.wire.told.map(({ state }) => state)).toEqual(['queued', 'sent', 'accepted', 'done'])
})

test('the same key with the same content is the same command; with another it is refused; of another person it is new', async () => {
  await using api = await start()
  const [first, twin] = await Promise.all([api.post(wanted()), api.post(wanted())])
  expect(twin.body.id).toBe(first.body.id)
  expect((await api.post(wanted())).body.id).toBe(first.body.id)
  expect(await api.post(wanted({ value: 41 }))).toMatchObject({
    status: 409,
    body: { code: 'CONFLICT', details: { command: first.body.id } },
  })
  expect((await api.post(wanted(), 'other')).body.id).not.toBe(first.body.id)
  await waitFor(() => expect(api.wire.sent).toHaveLength(2))
})

test.each<[string, object, number, object]>([
  ['no such point', { point: 'school-a/meter-1/none' }, 404, { code: 'POINT_UNKNOWN' }],
  ['read only', { point: 'school-a/meter-1/voltage' }, 422, { code: 'POINT_NOT_WRITABLE' }],
  [
    'out of range',
    { value: 400 },
    422,
    { code: 'VALUE_OUT_OF_RANGE', details: { expected: '0 to 100 %', max: 100 } },
  ],
  ['no key', { key: undefined }, 400, { code: 'BAD_REQUEST' }],
  ['a field too many', { colour: 'red' }, 400, { code: 'BAD_REQUEST' }],
  ['an expiry too far', { expiresInS: 86_401 }, 400, { code: 'BAD_REQUEST' }],
])('refused: %s', async (_name, more, status, body) => {
  await using api = await start()
  expect(await api.post(wanted(more))).toMatchObject({ status, body })
  expect((await api.list('')).items).toEqual([])
  expect(api.wire.sent).toEqual([])
})

test.each<[Role, number]>([
  ['admin', 202],
  ['facilities', 202],
  ['guard', 403],
  ['bureau', 403],
])('%s: %i', async (role, status) => {
  await using api = await start({ role })
  expect((await api.post(wanted())).status).toBe(status)
})

test('high risk needs a yes, and the gateway hears that it was said', async () => {
  await using api = await start()
  await seedWritable(api.db, 'door', { risk: 'high', verified: true })
  const door = { point: 'school-a/meter-1/door', value: 1 }
  expect(await api.post(wanted(door))).toMatchObject({ status: 409, body: { code: 'COMMAND_NEEDS_CONFIRM' } })
  expect((await api.post(wanted({ ...door, confirm: true }))).status).toBe(202)
  await waitFor(() => expect(api.wire.sent).toMatchObject([{ confirmed: true }]))
})

test('too many commands to one point have to wait, and are told how long', async () => {
  await using api = await start()
  for (let i = 0; i < 10; i++) expect((await api.post(wanted({ key: `k${i}` }))).status).toBe(202)
  const refused = await api.post(wanted({ key: 'more' }))
  expect(refused).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } })
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  expect((await api.post(wanted({ key: 'k3' }))).status).toBe(202) // asking again is no new command
  await api.clock.advance(10_000)
  expect((await api.post(wanted({ key: 'more' }))).status).toBe(202)
})

test('a gateway that is away: queued, delivered when it returns', async () => {
  await using api = await start()
  api.wire.isThere = false
  const { id } = (await api.post(wanted())).body
  await api.clock.advance(20_000)
  expect(await api.get(id)).toMatchObject({ state: 'queued', waitingFor: 'gateway' })
  api.wire.isThere = true
  api.commands.gatewayReady('school-a')
  await api.inState(id, 'sent')
  expect(api.wire.sent.map((command) => command.id)).toContain(id)
})

test('a gateway that never comes: expired, not sent, and not sent afterwards either', async () => {
  await using api = await start()
  api.wire.isThere = false
  const { id } = (await api.post(wanted())).body
  await api.clock.advance(31_000)
  expect(await api.inState(id, 'expired')).toMatchObject({ code: 'COMMAND_EXPIRED' })
  api.wire.isThere = true
  api.commands.gatewayReady('school-a')
  await api.clock.advance(5_000)
  expect(api.wire.sent).toEqual([])
})

test('held for a device that is off: queued again, with the reason, and again no repeat of sent', async () => {
  await using api = await start()
  const { id } = (await api.post(wanted())).body
  await api.inState(id, 'sent')
  api.says(id, { state: 'queued', code: 'LINK_DOWN', message: 'meter-1: no answer' })
  await api.inState(id, 'queued')
  api.commands.gatewayReady('school-a')
  await waitFor(() => expect(api.wire.sent).toHaveLength(2))
  expect(await api.get(id)).toMatchObject({
    state: 'queued',
    waitingFor: 'device',
    code: 'LINK_DOWN',
    message: 'meter-1: no answer',
  })
  api.says(id, { state: 'expired', code: 'COMMAND_EXPIRED' })
  expect((await api.inState(id, 'expired')).steps.map(({ state }) => state)).toEqual([
    'queued',
    'sent',
    'queued',
    'expired',
  ])
})

test('an unanswered command is sent again under the same id; a connected gateway that stays silent lets it expire', async () => {
  await using api = await start()
  const { id } = (await api.post(wanted())).body
  await api.inState(id, 'sent')
  for (let i = 0; i < 12; i++) await api.clock.advance(1_000)
  await waitFor(() => expect(api.wire.sent.length).toBeGreaterThan(1))
  expect(new Set(api.wire.sent.map((command) => command.id))).toEqual(new Set([id]))
  for (let i = 0; i < 36; i++) await api.clock.advance(1_000)
  await api.inState(id, 'expired')
  // The gateway had done it and could not say so.
  api.says(id, { state: 'done', verified: true, readBack: 40 })
  const done = await api.inState(id, 'done')
  expect(done.steps.map(({ state }) => state)).toEqual(['queued', 'sent', 'expired', 'done'])
})

test('the gateway’s clock is wrong: expiry goes out by its clock, times come back by ours', async () => {
  await using api = await start()
  await api.db.updateTable('gateways').set({ clock_offset_ms: 3_600_000 }).execute()
  const { id } = (await api.post(wanted())).body
  await api.inState(id, 'sent')
  expect(api.wire.sent[0]?.expiresAt).toBe(api.clock.now() + 30_000 + 3_600_000)
  await api.clock.advance(1_000)
  api.says(id, { state: 'accepted', at: api.clock.now() + 3_600_000 - 200 })
  api.says(id, { state: 'done', at: api.clock.now() + 3_600_000 - 100 })
  expect((await api.inState(id, 'done')).finishedAt).toBe(new Date(api.clock.now() - 100).toISOString())
})

test('no step is older than the one before it, although two clocks tell their times', async () => {
  await using api = await start()
  const { id } = (await api.post(wanted())).body
  await api.inState(id, 'sent')
  api.says(id, { state: 'done', at: api.clock.now() - 5 })
  const times = (await api.inState(id, 'done')).steps.map(({ at }) => Date.parse(at))
  expect(times).toEqual(times.toSorted((a, b) => a - b))
})

test('what ingest stored while nobody listened is heard at the next start', async () => {
  await using api = await start()
  const { id } = (await api.post(wanted())).body
  await api.inState(id, 'sent')
  const result = { gateway: 'school-a', id, point: 'meter-1/light.level', state: 'done', at: api.clock.now() }
  await api.db
    .insertInto('command_results')
    .values({ ...result, verified: 0, read_back_json: '7', reason_zh: null, reason_en: null })
    .execute()
  await using next = new CommandService({
    db: api.db,
    clock: api.clock,
    log: createLogger({ level: 'silent' }),
    send: async () => false,
    onChange: () => {},
  })
  next.start()
  expect(await api.inState(id, 'done')).toMatchObject({ verified: false, readBack: 7 })
})

test('an answer of another gateway, or for nobody’s command, changes nothing', async () => {
  await using api = await start()
  const { id } = (await api.post(wanted())).body
  await api.inState(id, 'sent')
  const result = { kind: 'command-result', point: 'meter-1/light.level', state: 'done', at: 1 } as const
  api.commands.heard('school-b', { ...result, id })
  api.commands.heard('school-a', { ...result, id: 'local:x' })
  api.says(id, { state: 'accepted' })
  await api.inState(id, 'accepted')
})

test('the history: newest first, by point, device and state, in pages', async () => {
  await using api = await start()
  await seedWritable(api.db, 'part.1/light.level', { risk: 'low', verified: true })
  const ids: string[] = []
  for (const [i, point] of [lamp, 'school-a/meter-1/part.1/light.level', lamp].entries()) {
    await api.clock.advance(10)
    ids.push((await api.post(wanted({ point, key: `k${i}` }))).body.id)
  }
  const idsOf = async (query: string) => (await api.list(query)).items.map(({ id }) => id)
  expect(await idsOf('')).toEqual([ids[2], ids[1], ids[0]])
  expect(await idsOf(`?point=${lamp}`)).toEqual([ids[2], ids[0]])
  expect(await idsOf('?device=school-a/meter-1')).toHaveLength(3)
  expect(await idsOf('?device=school-a/meter-2')).toEqual([])
  expect(await idsOf('?gateway=school-b')).toEqual([])
  const first = await api.list('?limit=2')
  expect(await idsOf(`?limit=2&cursor=${first.nextCursor}`)).toEqual([ids[0]])
  await waitFor(async () => expect(await idsOf('?state=sent')).toHaveLength(3))
  api.says(ids[0] ?? '', { state: 'failed', code: 'DEVICE_TIMEOUT', message: 'no answer' })
  await api.inState(ids[0] ?? '', 'failed')
  expect(await idsOf('?state=open')).toEqual([ids[2], ids[1]])
  expect(await idsOf('?state=failed')).toEqual([ids[0]])
})

test('the command and its row in the audit log come into being together, or not at all', async () => {
  await using api = await start()
  const { id } = (await api.post(wanted())).body
  await api.post(wanted()) // the same key: the same command
  await api.post(wanted({ value: 400, key: 'k2' }))
  const rows = (await api.audit.search({ limit: 9 })).toReversed()
  expect(rows.map(({ action, target, outcome }) => [action, target, outcome])).toEqual([
    ['command.created', lamp, 'ok'],
    ['command.created', lamp, 'ok'],
    ['command.created', lamp, 'VALUE_OUT_OF_RANGE'],
  ])
  expect(rows.map(({ after }) => JSON.parse(after))).toMatchObject([
    { value: 40, command: id },
    { command: id, again: true },
    { value: 400 },
  ])
  await api.db.schema.dropTable('audit').execute()
  const failed = await api.post(wanted({ key: 'k3' }))
  expect(failed.status).toBe(503)
  expect((await api.list('')).items).toHaveLength(1)
})

test('commands that ended long ago are deleted with their steps; open ones and later ones stay', async () => {
  await using api = await start()
  const given = ['k1', 'k2', 'k3'].map(async (key) => (await api.post(wanted({ key }))).body.id)
  const [first = '', second = '', third = ''] = await Promise.all(given)
  api.says(first, { state: 'done' })
  await api.inState(first, 'done')
  await api.clock.advance(1_000)
  api.says(second, { state: 'done' })
  await api.inState(second, 'done')
  const repository = new CommandRepository(api.db)
  expect(await repository.prune(api.clock.now())).toBe(1)
  const ids = (await api.list('')).items.map(({ id }) => id)
  expect(ids.toSorted()).toEqual([second, third].toSorted())
  expect((await api.look(`/api/v1/commands/${first}`)).status).toBe(404)
  const steps = await api.db
    .selectFrom('command_steps')
    .select('command')
    .where('command', '=', first)
    .execute()
  expect(steps).toEqual([])
  expect(await repository.prune(api.clock.now())).toBe(0)
})

test('without a session nothing is told', async () => {
  await using api = await start()
  expect((await api.look('/api/v1/commands', {})).status).toBe(401)
  expect((await api.look('/api/v1/commands/none')).status).toBe(404)
})
