import type { Places } from '#cloud/access/places.ts'
import { alarmActRoutes } from '#cloud/alarms/alarm-act-routes.ts'
import { type AlarmSettings, defaultAlarmSettings } from '#cloud/alarms/alarm-config.ts'
import { alarmRoutes } from '#cloud/alarms/alarm-routes.ts'
import { AlarmService } from '#cloud/alarms/alarm-service.ts'
import { AlarmPeopleList } from '#cloud/alarms/people.ts'
import { qualityRoutes } from '#cloud/alarms/quality-routes.ts'
import { UserRepository } from '#cloud/users/user-repository.ts'
import type { Alarm, AlarmList } from '#contract/api/alarms.ts'
import type { Grant, User } from '#contract/api/session.ts'
import type { AlarmEvent } from '#contract/events.ts'
import { createLogger } from '#lib/logger.ts'
import { seedDevice, seedInventory, testApi } from './test-api.ts'

export type Raise = Partial<AlarmEvent> & { readonly gateway?: string }

/** The alarm routes with their service, two schools with a gateway each, and people with what they may do where. */
export async function alarmApi(settings: Partial<AlarmSettings> = {}) {
  const people = new Map<string, User>()
  let service: AlarmService | undefined
  let latest: ReadonlyMap<string, unknown> = new Map()
  let places: Places | undefined
  const told: string[] = []
  const api = await testApi({
    api: (scope, { db, clock }) => {
      const index = {
        above: (node: string) => places?.above(node) ?? new Set<string>(),
        placeOf: (gateway: string, device?: string) => places?.placeOf(gateway, device),
      }
      service = new AlarmService({
        ...{ db, clock, places: index },
        log: createLogger({ level: 'silent' }),
        settings: { ...defaultAlarmSettings, ...settings },
        latest: async () => latest,
        hooks: {
          onChange: ({ id, life }) => told.push(`change ${id} ${life}`),
          onRaised: ({ id }, cameras) => told.push(`raised ${id} ${cameras.join()}`),
          onAnnunciated: ({ id }) => told.push(`annunciated ${id}`),
          onEscalated: ({ id }, { n, to }) => told.push(`escalated ${id} ${n} ${to}`),
        },
      })
      const list = new AlarmPeopleList(db, index)
      alarmRoutes(scope, { alarms: service, people: list, liveSeq: () => 42 })
      alarmActRoutes(scope, { alarms: service, people: list })
      qualityRoutes(scope, { db, clock })
    },
    findSession: async (token) => {
      const user = people.get(token)
      return user && { user, expiresAt: Number.MAX_SAFE_INTEGER }
    },
  })
  places = api.places
  if (service === undefined) throw new Error('no service')
  const alarms = service
  await seedInventory(api.db, 'school-a')
  await seedInventory(api.db, 'school-b')
  await seedDevice(api.db, 'school-a', 'lux-1')
  await plant(api.db)
  await api.places.reload()
  const users = new UserRepository(api.db)

  return {
    ...api,
    alarms,
    told,
    setLatest(values: ReadonlyMap<string, unknown>): void {
      latest = values
    },
    /** Somebody who signs in with his name as the token. */
    async person(username: string, grants: readonly Grant[]): Promise<void> {
      const row = { username, passwordHash: '-', grants, displayName: username.toUpperCase(), createdAt: 1 }
      people.set(username, await users.create(row))
    },
    async tell(occurrence: string, { gateway = 'school-a', ...more }: Raise = {}): Promise<void> {
      const event: AlarmEvent = {
        ...{ kind: 'alarm', occurrence, rule: `rule-${occurrence}`, point: 'lux-1/illuminance' },
        ...{ state: 'raised', priority: 3, at: api.clock.now(), value: 120, limit: 300 },
        ...{ title: { zh: '照度低', en: 'Too dark' }, ...more },
      }
      await api.db.transaction().execute((trx) => alarms.store(trx, [{ gateway, event }], api.clock.now()))
      alarms.wake()
    },
    async as(token: string, url: string, body?: unknown) {
      const answer = await api.app.inject({
        method: body === undefined ? 'GET' : 'POST',
        url: `/api/v1${url}`,
        headers: { authorization: `Bearer ${token}` },
        ...(body === undefined ? {} : { payload: body as object }),
      })
      return { status: answer.statusCode, body: answer.json() as Record<string, unknown> & Alarm }
    },
    async list(token: string, query = ''): Promise<AlarmList['items']> {
      const answer = await api.get(`/api/v1/alarms${query}`, { authorization: `Bearer ${token}` })
      return (answer.body as AlarmList).items
    },
    /** Time goes by, and what is due by then is done. */
    async pass(ms: number): Promise<void> {
      await api.clock.advance(ms)
      // The service works on a thread of the store, which the clock does not wait for.
      for (let turn = 0; turn < 5; turn++) {
        await api.clock.advance(1_000)
        await api.db.selectFrom('alarm_keys').select('rule').limit(1).execute()
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    /** Everything that was to be told is told. */
    async settled(): Promise<readonly string[]> {
      for (let turn = 0; turn < 50; turn++) {
        const { left } = await api.db
          .selectFrom('alarm_events')
          .select(({ fn }) => fn.count<number>('occurrence').as('left'))
          .where('untold', '<>', 0)
          .executeTakeFirstOrThrow()
        if (left === 0) return told.splice(0)
        alarms.wake()
        await new Promise((resolve) => setImmediate(resolve))
      }
      throw new Error('something is not told')
    },
    async [Symbol.asyncDispose]() {
      await alarms[Symbol.asyncDispose]()
      await api[Symbol.asyncDispose]()
    },
  }
}

export const alarmUrl = (occurrence: string, act = '', gateway = 'school-a') =>
  `/alarms/${encodeURIComponent(`${gateway}/${occurrence}`)}${act === '' ? '' : `/${act}`}`

async function plant(db: Parameters<typeof seedDevice>[0]): Promise<void> {
  const node = (id: string, kind: string, parent: string | null, position = 0) => ({
    ...{ id, kind, parent, position, title_zh: id, title_en: id, school_code: null, stages_json: null },
    ...{ people: null, area_m2: null, floors: null, level: null, room_type: null, footprint_json: null },
  })
  const nodes = [
    node('city', 'bureau', null),
    node('campus-a', 'campus', 'city'),
    node('campus-b', 'campus', 'city', 1),
    node('house-a', 'building', 'campus-a'),
    node('floor-a', 'floor', 'house-a'),
    node('room-a', 'room', 'floor-a'),
  ]
  for (const one of nodes) await db.insertInto('tree_nodes').values(one).execute()
  const parents = new Map(nodes.map(({ id, parent }) => [id, parent]))
  for (const { id } of nodes)
    for (let at: string | null = id; at !== null; at = parents.get(at) ?? null)
      await db.insertInto('tree_paths').values({ ancestor: at, node: id }).execute()
  await db.updateTable('gateways').set({ place: 'campus-a' }).where('id', '=', 'school-a').execute()
  await db.updateTable('gateways').set({ place: 'campus-b' }).where('id', '=', 'school-b').execute()
  await db.updateTable('devices').set({ place: 'room-a' }).where('id', '=', 'lux-1').execute()
}
