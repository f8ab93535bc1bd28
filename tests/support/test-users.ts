import { randomBytes } from 'node:crypto'
import { hashPassword } from '#cloud/users/password.ts'
import { Sealer } from '#cloud/users/sealer.ts'
import type { PasswordsConfig, SessionsConfig, SignInConfig } from '#cloud/users/user-config.ts'
import { createUsers, type UserPart } from '#cloud/users/user-part.ts'
import { UserRepository } from '#cloud/users/user-repository.ts'
import type { Grant } from '#contract/api/session.ts'
import { createLogger } from '#lib/logger.ts'
import { testApi } from './test-api.ts'

export type TestUsersOptions = {
  readonly passwords?: Partial<PasswordsConfig>
  readonly sessions?: Partial<SessionsConfig>
  readonly signIn?: Partial<SignInConfig>
  readonly lines?: string[]
}

/** The password of everybody in these tests. */
export const known = 'Korrekt-Pferd-7'

let hash: Promise<string> | undefined

/** The routes of accounts, sign-in and screens over a small tree: bureau `city` with the schools `school-a` and `school-b`. */
export async function startUsers(options: TestUsersOptions = {}) {
  let part: UserPart | undefined
  const sealer = new Sealer(randomBytes(32))
  const log = createLogger({}, { write: (line) => void options.lines?.push(line) })
  const api = await testApi({
    open: (app, { db, clock }) => {
      part = createUsers({
        ...{ db, clock, log, sealer },
        passwords: { minLength: 10, classes: 3, history: 2, blockCommon: true, ...options.passwords },
        sessions: { lifetime: '7d', idle: '12h', ...options.sessions },
        signIn: { secondFactor: [], oidc: [], cas: [], ...options.signIn },
        providerSecrets: new Map([['city', 'the secret of the client']]),
      })
      part.door(app)
    },
    api: (scope) => part?.routes(scope),
    findSession: async (token) => part?.find(token),
  })
  await seedTree(api.db)
  await api.places.reload()

  async function add(username: string, ...grants: Grant[]): Promise<string> {
    hash ??= hashPassword(known)
    const users = new UserRepository(api.db)
    const made = { username, displayName: `Name of ${username}`, grants, createdAt: api.clock.now() }
    return (await users.create({ ...made, passwordHash: await hash })).id
  }

  /** A request, as JSON both ways. */
  async function call(token: string | undefined, method: string, path: string, payload?: object) {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const answer = await api.app.inject({
      method: method as 'GET',
      url: `/api/v1${path}`,
      headers,
      ...(payload === undefined ? {} : { payload }),
    })
    const body = answer.body === '' || answer.body === 'null' ? undefined : answer.json()
    return { status: answer.statusCode, body, code: body?.code, headers: answer.headers }
  }

  async function signIn(username: string, password = known): Promise<Client> {
    const { status, body } = await call(undefined, 'POST', '/session', { username, password })
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`)
    return clientOf(body.token)
  }

  const clientOf = (token: string) => ({
    token,
    call: (method: string, path: string, payload?: object) => call(token, method, path, payload),
  })
  type Client = ReturnType<typeof clientOf>

  return { ...api, sealer, add, call, signIn, clientOf, part: () => part as UserPart }
}

type Database = Awaited<ReturnType<typeof testApi>>['db']

async function seedTree(db: Database): Promise<void> {
  const nodes = [
    { id: 'city', kind: 'bureau', parent: null, title_zh: '教育局', school_code: null },
    { id: 'school-a', kind: 'campus', parent: 'city', title_zh: '第一中学', school_code: '3131000001' },
    { id: 'school-b', kind: 'campus', parent: 'city', title_zh: '第二中学', school_code: '3131000002' },
    { id: 'house-a', kind: 'building', parent: 'school-a', title_zh: '教学楼', school_code: null },
  ]
  await db
    .insertInto('tree_nodes')
    .values(nodes.map((node) => ({ position: 0, title_en: null, ...node }) as never))
    .execute()
  const parents = new Map(nodes.map(({ id, parent }) => [id, parent]))
  for (const { id } of nodes)
    for (let above: string | null | undefined = id; above != null; above = parents.get(above))
      await db.insertInto('tree_paths').values({ ancestor: above, node: id }).execute()
}
