import { rm } from 'node:fs/promises'
import { Registry } from 'prom-client'
import { Places } from '#cloud/access/places.ts'
import { AuditLog } from '#cloud/audit/audit-log.ts'
import { auditRequests } from '#cloud/audit/audit-requests.ts'
import { DeviceRepository } from '#cloud/devices/device-repository.ts'
import type { App } from '#cloud/http/app.ts'
import { type FindSession, withAccess } from '#cloud/http/guard.ts'
import { healthRoutes, type ReadyCheck } from '#cloud/http/health-routes.ts'
import { createServer, type ServerOptions } from '#cloud/http/server.ts'
import { type Database, openDatabase } from '#cloud/state/database.ts'
import { userOf } from '#cloud/users/user-repository.ts'
import type { Grant } from '#contract/api/session.ts'
import type { CatalogueDevice } from '#contract/catalogue.ts'
import { FakeClock } from '#lib/fake-clock.ts'
import { createLogger, type Logger } from '#lib/logger.ts'
import { tempFolder } from './temp-folder.ts'

export type TestApiOptions = {
  /** Adds the routes under test. */
  readonly api: (api: App, context: TestContext) => void
  /** Adds what is not under `/api/v1`. Comes first. */
  readonly open?: (app: App, context: TestContext) => void
  readonly server?: Partial<ServerOptions>
  readonly checks?: readonly ReadyCheck[]
  readonly log?: Logger
  /** Instead of the one session `good`. */
  readonly findSession?: FindSession
  /** Of the session `good`; an administrator of everything when absent. */
  readonly grants?: readonly Grant[]
}

export type TestContext = { readonly db: Database; readonly clock: FakeClock }

export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: unknown
}

/** The HTTP server with the routes under test on an empty state store; the token `good` is the session of somebody with `grants`. */
export async function testApi(options: TestApiOptions) {
  const { api, open, server = {}, checks = [], log, grants, findSession } = options
  const clock = new FakeClock()
  const folder = await tempFolder()
  const db = await openDatabase({ path: ':memory:', log: createLogger({ level: 'silent' }) })
  const audit = new AuditLog({ db, clock, hash: 'sha256' })
  const places = await Places.load(db)
  const user = userOf(
    { id: 'u1', username: 'li', display_name: 'Li' },
    (grants ?? [{ role: 'admin' }]).map(({ role, node = '' }) => ({ role, node })),
  )
  const onlyGood: FindSession = async (token) =>
    token === 'good' ? { user, expiresAt: clock.now() + 1_000 } : undefined
  const app = await createServer({
    log: log ?? createLogger({ level: 'silent' }),
    findCaller: withAccess(findSession ?? onlyGood, places),
    consoleFolder: folder.path,
    api: (scope) => {
      auditRequests(scope, { log: audit, clock })
      api(scope, { db, clock })
    },
    open: (scope) => {
      healthRoutes(scope, { checks, metrics: new Registry() })
      open?.(scope, { db, clock })
    },
    ...server,
  })
  return {
    app,
    db,
    clock,
    audit,
    places,
    /** `GET`, signed in. */
    async get(
      url: string,
      headers: Readonly<Record<string, string>> = { authorization: 'Bearer good' },
    ): Promise<Answer> {
      const answer = await app.inject({ method: 'GET', url, headers })
      const isJson = String(answer.headers['content-type']).startsWith('application/json')
      return {
        status: answer.statusCode,
        headers: answer.headers,
        body: isJson ? answer.json() : answer.body,
      }
    },
    async [Symbol.asyncDispose]() {
      await app.close()
      await db.destroy()
      await rm(folder.path, { recursive: true, force: true })
    },
  }
}

/** One gateway with a meter of two points, as its catalogue would put it there. */
export async function seedInventory(db: Database, gateway = 'school-a'): Promise<void> {
  await db
    .insertInto('gateways')
    .values({
      id: gateway,
      title_zh: '一中',
      title_en: 'No. 1',
      token_hash: '-',
      created_at: 1,
      connected: 1,
    })
    .execute()
  await seedDevice(db, gateway, 'meter-1')
}

export async function seedDevice(db: Database, gateway: string, id: string): Promise<void> {
  const device = { profile: 'eastron.sdm630', vendor: 'Eastron', model: 'SDM630', category: 'meter' }
  const title = { title_zh: '总表', title_en: `Meter ${id}` }
  await db
    .insertInto('devices')
    .values({ gateway, id, ...title, ...device, location_zh: '配电间' })
    .execute()
  const point = { gateway, device: id, kind: 'num', title_zh: '', title_en: '' }
  await db
    .insertInto('points')
    .values([
      { ...point, id: 'voltage', unit: 'V', stale_after_ms: 30_000 },
      { ...point, id: 'part.1/power', unit: 'W' },
    ])
    .execute()
}

/** The gateway's catalogue is these devices now. */
export async function seedCatalogue(
  db: Database,
  devices: CatalogueDevice[],
  { gateway = 'school-a', version = '1', now = 1 } = {},
): Promise<void> {
  await new DeviceRepository(db).applyCatalogue(gateway, { v: 1, kind: 'catalogue', version, devices }, now)
}
