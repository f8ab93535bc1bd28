import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { connectAsync, type MqttClient } from 'mqtt'
import { stringify } from 'yaml'
import { type RunningCloud, startCloud } from '#cloud/cloud.ts'
import { loadCloudConfig } from '#cloud/load-cloud-config.ts'
import { type Database, openDatabase, stateFile } from '#cloud/state/database.ts'
import { hashPassword } from '#cloud/users/password.ts'
import { UserRepository } from '#cloud/users/user-repository.ts'
import { encodeTelemetry } from '#contract/codec.ts'
import { columnsOf } from '#contract/columns.ts'
import { encodeJson } from '#contract/messages.ts'
import { type Role, roles } from '#contract/permissions.ts'
import { good } from '#contract/quality.ts'
import type { Request } from '#contract/request.ts'
import { downTopic, upTopic } from '#contract/topics.ts'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { ApiClient } from './api-client.ts'
import { tempFolder } from './temp-folder.ts'
import { waitFor } from './wait-for.ts'

export type SchoolLetter = 'a' | 'b'

/** Everything that there is of a school, by name. Nothing else of the test has these words. */
export const school = (letter: SchoolLetter) => ({
  campus: `campus-${letter}`,
  room: `room-${letter}`,
  gateway: `school-${letter}`,
  device: `meter-${letter}`,
  deviceId: `school-${letter}/meter-${letter}`,
  point: `school-${letter}/meter-${letter}/level`,
  /** In the title of each thing. */
  word: letter === 'a' ? '甲校之物' : '乙校秘密',
})

const token = 'a token for tests only'
export const password = 'a password for tests only'
const log = createLogger({ level: 'silent' })

/** One cloud with two schools that have the same things, with their gateways connected, and a person of each role in each. */
export type TwoSchools = AsyncDisposable & {
  readonly cloud: RunningCloud
  /** Of the state store, beside the cloud's own connection. */
  readonly db: Database
  /** May everything everywhere. */
  readonly admin: ApiClient
  person(letter: SchoolLetter, role: Role): Promise<ApiClient>
  /** The school's gateway says that its value is now this, and raises an alarm. */
  report(letter: SchoolLetter, value: number): Promise<void>
}

export async function startTwoSchools(): Promise<TwoSchools> {
  await using parts = new AsyncDisposableStack()
  const folder = parts.use(await tempFolder())
  const file = folder.file('cloud.yaml')
  await writeFile(folder.file('token'), token)
  await writeFile(file, stringify(configuration()))
  const state = folder.file(`data/${stateFile}`)
  await mkdir(dirname(state), { recursive: true })
  const db = await openDatabase({ path: state, log })
  parts.defer(() => db.destroy())
  await addPeople(db)
  const loaded = await loadCloudConfig(file, {})
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  const cloud = parts.use(await startCloud(loaded.value, { clock: systemClock, log, demoPassword: password }))
  const admin = new ApiClient(cloud.origin)
  await admin.login('admin', password)
  const reporters = { a: await connectSchool(cloud, 'a'), b: await connectSchool(cloud, 'b') }
  for (const reporter of Object.values(reporters)) parts.defer(() => reporter.end())
  for (const letter of ['a', 'b'] as const) {
    await reporters[letter].report(10)
    await furnish(admin, letter)
    await addBrowser(db, letter)
    await addStranger(db, letter)
  }
  const people = new Map<string, Promise<ApiClient>>()
  const owned = parts.move()
  return {
    ...{ cloud, db, admin },
    person(letter, role) {
      const name = `${letter}-${role}`
      const known = people.get(name) ?? signIn(cloud, name)
      people.set(name, known)
      return known
    },
    report: (letter, value) => reporters[letter].report(value),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function configuration(): object {
  const both = [school('a'), school('b')]
  return {
    data: './data',
    http: { host: '127.0.0.1', port: 0 },
    mqtt: { host: '127.0.0.1', port: 0 },
    gateways: both.map(({ gateway, word }) => ({ id: gateway, title: { zh: word }, tokenFile: 'token' })),
    bureau: { id: 'bureau', title: { zh: '教育局' } },
    campuses: both.map(({ campus, gateway, word }, index) => ({
      id: campus,
      title: { zh: word },
      schoolCode: `313100000${index}`,
      gateways: [gateway],
    })),
    demoAccounts: true,
  }
}

async function addPeople(db: Database): Promise<void> {
  const passwordHash = await hashPassword(password)
  for (const letter of ['a', 'b'] as const) {
    const { campus, word } = school(letter)
    for (const role of roles) {
      await db.transaction().execute(async (trx) => {
        const user = {
          username: `${letter}-${role}`,
          displayName: `${word} ${role}`,
          passwordHash,
          createdAt: 1,
        }
        await new UserRepository(trx).create({ ...user, grants: [{ role, node: campus }] })
      })
    }
  }
}

async function signIn({ origin }: RunningCloud, username: string): Promise<ApiClient> {
  const api = new ApiClient(origin)
  await api.login(username, password)
  return api
}

async function connectSchool(cloud: RunningCloud, letter: SchoolLetter) {
  const { gateway, device, word } = school(letter)
  const client = await connectAsync(`mqtts://127.0.0.1:${cloud.mqtt.port}`, {
    protocolVersion: 4,
    username: gateway,
    password: token,
    ca: await readFile(cloud.caFile ?? ''),
    servername: 'localhost',
    reconnectPeriod: 0,
  })
  const publish = (channel: 'state' | 'live' | 'events' | 'reply', message: Uint8Array) =>
    client.publishAsync(upTopic(gateway, channel), Buffer.from(message), { qos: 1 })
  let acks = 0
  client.on('message', (topic, payload) => {
    if (topic === downTopic(gateway, 'ack')) acks++
    else if (topic === downTopic(gateway, 'request')) void refuse(client, gateway, payload)
  })
  await client.subscribeAsync([downTopic(gateway, 'ack'), downTopic(gateway, 'request')], { qos: 1 })
  const at = Date.now()
  await publish(
    'state',
    encodeJson({
      ...{ v: 1, kind: 'birth', at, startedAt: at, software: '0.1.0', runtime: 'node 24' },
      ...{ configVersion: 'c', catalogueVersion: 'k', produced: [] },
    }),
  )
  await publish(
    'state',
    encodeJson({
      ...{ v: 1, kind: 'catalogue', version: 'k' },
      devices: [
        {
          ...{ id: device, profile: 'test.lamp', vendor: word, model: word, category: 'lighting' },
          ...{ title: { zh: word }, location: { zh: word } },
          points: [
            {
              ...{ id: 'level', kind: 'num', unit: '%', title: { zh: word } },
              writable: { min: 0, max: 100, step: 1, risk: 'low', verified: true },
            },
          ],
        },
      ],
    }),
  )
  let seq = 0
  return {
    async report(value: number): Promise<void> {
      seq++
      const [range, before] = [{ epoch: 1, firstSeq: seq }, acks]
      const point = `${device}/level`
      const samples = columnsOf([{ point, t: Date.now(), value, quality: good }])
      await publish('live', encodeTelemetry({ ...range, lastSeq: seq, samples }))
      const alarm = {
        kind: 'alarm',
        occurrence: `o${seq}`,
        rule: 'too-bright',
        point,
        state: 'raised',
        priority: 2,
        at: Date.now(),
        value,
        limit: 5,
        title: { zh: word },
      } as const
      await publish('events', encodeJson({ v: 1, ...range, events: [alarm] }))
      await waitFor(() => {
        if (acks < before + 2) throw new Error('not acknowledged yet')
      })
    },
    end: () => client.endAsync(true),
  }
}

/** Answers at once, so that nobody waits: this gateway changes nothing. */
async function refuse(client: MqttClient, gateway: string, payload: Uint8Array): Promise<void> {
  const { id } = JSON.parse(Buffer.from(payload).toString()) as Request
  const reply = {
    v: 1,
    id,
    part: 0,
    last: true,
    ok: false,
    code: 'BAD_REQUEST',
    message: 'not here',
  } as const
  await client.publishAsync(upTopic(gateway, 'reply'), Buffer.from(encodeJson(reply)), { qos: 1 })
}

/** What the school's gateway saw and nobody registered. */
async function addStranger(db: Database, letter: SchoolLetter): Promise<void> {
  const { gateway, word } = school(letter)
  const seen = { protocol: 'modbus', key: 'plant/9', source: 'scan', name: word, instance_json: '{}' }
  await db
    .insertInto('unknown_devices')
    .values({ id: `stranger-${letter}`, gateway, ...seen, first_seen_at: 1, last_seen_at: 1 })
    .execute()
}

/** What only people make: a room with the device in it, a command, a wall display. */
async function furnish(admin: ApiClient, letter: SchoolLetter): Promise<void> {
  const { campus, room, gateway, deviceId, point, word } = school(letter)
  const put = (path: string, body: object) =>
    admin.call(`/api/v1${path}`, { method: 'PUT', body: JSON.stringify(body) })
  const title = { zh: word }
  await put(`/tree/nodes/building-${letter}`, { kind: 'building', parent: campus, title })
  await put(`/tree/nodes/floor-${letter}`, { kind: 'floor', parent: `building-${letter}`, title, level: 1 })
  await put(`/tree/nodes/${room}`, {
    kind: 'room',
    parent: `floor-${letter}`,
    title,
    roomType: 'ordinary-classroom',
  })
  await put(`/devices/${deviceId}/place`, { place: room })
  const content = { outbox: { diskBudget: '1GB' } }
  await put(`/gateways/${gateway}/config`, { baseVersion: 0, comment: word, content })
  const rollout = { change: { outbox: { commitEvery: '2s' } }, gateways: [gateway], comment: word }
  await admin.call('/api/v1/rollouts', { method: 'POST', body: JSON.stringify(rollout) })
  const part = { holidays: [{ name: { zh: word }, first: '2026-04-15', last: '2026-04-15' }] }
  await put(`/calendars/${campus}`, { version: 0, part })
  const command = { point, value: 20, key: `key-${letter}`, expiresInS: 600 }
  await admin.call('/api/v1/commands', { method: 'POST', body: JSON.stringify(command) })
  const danger = { node: room, title: word, category: 'fire', key: `danger-${letter}` }
  await admin.call('/api/v1/dangers', { method: 'POST', body: JSON.stringify(danger) })
  const channel = {
    ...{ kind: 'webhook', node: campus, title: word, enabled: false, minPriority: 3, language: 'en' },
    ...{ mentions: [], url: 'https://hooks.example.cn', secret: 'a secret for tests only' },
  }
  await admin.call('/api/v1/notification-channels', { method: 'POST', body: JSON.stringify(channel) })
  const screen = { title: word, node: campus }
  await admin.call('/api/v1/screens', { method: 'POST', body: JSON.stringify(screen) })
}

/** A browser of the school's administrator, which nobody ever pushes to: its address is refused. */
async function addBrowser(db: Database, letter: SchoolLetter): Promise<void> {
  const { word } = school(letter)
  const owner = await new UserRepository(db).byName(`${letter}-admin`)
  await db
    .insertInto('push_subscriptions')
    .values({
      ...{ id: `browser-${letter}`, user_id: owner?.user.id ?? '', endpoint: `https://127.0.0.1/${letter}` },
      ...{ p256dh: '', auth: '', browser: word, created_at: 1 },
    })
    .execute()
}
