import { Registry } from 'prom-client'
import { expect, test, vi } from 'vitest'
import { openDatabase } from '#cloud/state/database.ts'
import type { MySettings } from '#contract/api/notifications.ts'
import type { Role } from '#contract/permissions.ts'
import { FakeClock } from '#lib/fake-clock.ts'
import { createLogger } from '#lib/logger.ts'
import { uniform } from '#simulators/random.ts'
import { tempFolder } from '../../tests/support/temp-folder.ts'
import { waitFor } from '../../tests/support/wait-for.ts'
import { failedFor, type Outcome, refused, sent } from './channels/sender.ts'
import { Delivery } from './delivery.ts'
import type { Lane } from './job-queue.ts'
import type { Message } from './message.ts'
import type { Notice } from './notice.ts'
import { countNotifications } from './notification-metrics.ts'
import { NotificationService } from './notification-service.ts'
import { usualSettings } from './settings.ts'

// The store is a real one.
vi.setConfig({ testTimeout: 20_000 })

const log = createLogger({ level: 'silent' })
const roles = Object.fromEntries(
  (['admin', 'lead', 'facilities', 'guard', 'bureau', 'screen'] as const).map((role) => [
    role,
    { push: 3, email: role === 'bureau' ? 0 : 3 },
  ]),
) as Record<Role, { push: number; email: number }>

type Told = { readonly lane: Lane; readonly message: Message; readonly at: number }

/** Noon in Shanghai. */
const noon = Date.UTC(2026, 10, 27, 4)

/** A store, people in a small city, and a channel that does what the test says. */
async function start({
  path = ':memory:',
  clock = new FakeClock(noon),
  maxQueued = 1_000,
  attempts = 4,
} = {}) {
  const db = await openDatabase({ path, log })
  const told: Told[] = []
  let answer: (message: Message, lane: Lane) => Outcome | Promise<Outcome> = () => sent
  const registry = new Registry()
  const metrics = countNotifications(registry)
  const delivery = new Delivery({
    ...{ db, clock, log, metrics, attempts, consoleUrl: 'https://campus.example', random: () => 0.5 },
    find: async (lane) => ({
      reader: usualSettings,
      send: async (message) => {
        told.push({ lane, message, at: clock.now() })
        return answer(message, lane)
      },
    }),
  })
  const service = new NotificationService({
    ...{ db, clock, log, metrics, config: { roles, maxQueued } },
    onQueued: () => delivery.wake(),
  })
  delivery.start()
  async function stop(): Promise<void> {
    await delivery[Symbol.asyncDispose]()
    await db.destroy()
  }
  return {
    ...{ db, told, service, registry, clock },
    answers(next: typeof answer) {
      answer = next
    },
    async user(id: string, grants: readonly (readonly [Role, string])[], settings: Partial<MySettings> = {}) {
      const row = { id, username: id, display_name: id, password_hash: '-', created_at: 1 }
      await db.insertInto('users').values(row).execute()
      for (const [role, node] of grants)
        await db.insertInto('grants').values({ user_id: id, role, node }).execute()
      const email = { enabled: true, address: `${id}@school.example`, minPriority: null }
      const settings_json = JSON.stringify({ ...usualSettings, email, ...settings })
      await db
        .insertInto('notification_settings')
        .values({ user_id: id, settings_json, changed_at: 1 })
        .execute()
    },
    async tree(paths: readonly (readonly [ancestor: string, node: string])[]) {
      for (const [ancestor, node] of paths)
        await db.insertInto('tree_paths').values({ ancestor, node }).execute()
    },
    jobs: () =>
      db
        .selectFrom('notification_jobs')
        .select(['receiver', 'user_id', 'channel', 'state', 'reason', 'attempts', 'detail'])
        .orderBy('created_at')
        .orderBy('receiver')
        .execute(),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

type It = Awaited<ReturnType<typeof start>>

/** Time goes on in steps, because the store takes real time in between, until `check` holds. */
async function goesOn(it: It, stepMs: number, check: () => Promise<void> | void): Promise<void> {
  await waitFor(
    async () => {
      await it.clock.advance(stepMs)
      await new Promise((resolve) => setTimeout(resolve, 20))
      await check()
    },
    { everyMs: 5 },
  )
}

let number = 0
function notice(more: Partial<Notice> = {}): Notice {
  const key = `k${number++}`
  const params = { title: { zh: `告警${key}`, en: key } }
  return { key, kind: 'alarm.raised', code: 'alarm.raised', priority: 3, params, at: noon, ...more }
}

test('it reaches who holds a role at the place or above, and nobody else', async () => {
  await using it = await start()
  await it.tree([
    ['city', 'city'],
    ['city', 'school-a'],
    ['school-a', 'school-a'],
    ['city', 'school-b'],
    ['school-b', 'school-b'],
  ])
  await it.user('everywhere', [['admin', '']])
  await it.user('above', [['facilities', 'city']])
  await it.user('here', [['guard', 'school-a']])
  await it.user('elsewhere', [['guard', 'school-b']])
  await it.user('official', [['bureau', 'school-a']])
  await it.service.notify(notice({ node: 'school-a' }))
  await waitFor(async () => {
    expect(it.told.map(({ lane }) => lane.user).sort()).toEqual(['above', 'everywhere', 'here'])
    expect((await it.jobs()).map(({ receiver, state, reason }) => [receiver, state, reason])).toEqual([
      ['above', 'sent', null],
      ['everywhere', 'sent', null],
      ['here', 'sent', null],
      ['official', 'suppressed', 'below-priority'],
    ])
  })
  // What stands nowhere is for those with a role everywhere.
  await it.service.notify(notice({ to: { roles: ['admin', 'guard'] } }))
  await waitFor(() => expect(it.told.at(-1)?.lane.user).toBe('everywhere'))
  expect(it.told).toHaveLength(4)
})

test('the same key is told once, also when it comes from several sides at once', async () => {
  await using it = await start()
  await it.user('li', [['admin', '']])
  const one = notice()
  await Promise.all([
    it.service.notify(one),
    it.service.notify(one),
    it.service.notify({ ...one, priority: 1 }),
  ])
  await waitFor(async () => expect((await it.jobs()).map(({ state }) => state)).toEqual(['sent']))
  expect(it.told).toHaveLength(1)
})

test('what is late disturbs nobody and is in the log', async () => {
  await using it = await start()
  await it.user('li', [['admin', '']])
  await it.service.notify(notice({ late: true, priority: 1 }))
  expect(await it.jobs()).toMatchObject([{ channel: 'none', state: 'suppressed', reason: 'late' }])
  await it.clock.advance(60_000)
  expect(it.told).toEqual([])
})

test('what nobody can be told of is in the log as well', async () => {
  await using it = await start()
  await it.service.notify(notice())
  expect(await it.jobs()).toMatchObject([{ channel: 'none', state: 'suppressed', reason: 'nobody' }])
})

test('an attempt that failed is repeated with the same id, later and later, and given up in the end', async () => {
  await using it = await start({ attempts: 3 })
  await it.user('li', [['admin', '']])
  it.answers(() => failedFor('unreachable', 'ECONNREFUSED'))
  await it.service.notify(notice())
  await waitFor(() => expect(it.told).toHaveLength(1))
  await waitFor(async () => expect(await it.jobs()).toMatchObject([{ state: 'queued', attempts: 1 }]))
  await it.clock.advance(4_900)
  expect(it.told).toHaveLength(1)
  await it.clock.advance(200)
  await waitFor(() => expect(it.told).toHaveLength(2))
  await waitFor(async () => expect(await it.jobs()).toMatchObject([{ attempts: 2 }]))
  await it.clock.advance(10_000)
  await waitFor(async () =>
    expect(await it.jobs()).toMatchObject([
      { state: 'failed', attempts: 3, reason: 'unreachable', detail: 'ECONNREFUSED' },
    ]),
  )
  expect(new Set(it.told.map(({ message }) => message.id)).size).toBe(1)
  expect(await it.registry.metrics()).toContain(
    'campus_notifications_total{channel="email",outcome="failed"} 1',
  )
  expect(await it.registry.metrics()).toContain(
    'campus_notifications_total{channel="email",outcome="retried"} 2',
  )
})

test('what was refused for good is not repeated', async () => {
  await using it = await start()
  await it.user('li', [['admin', '']])
  it.answers(() => refused('refused', '550 no such person'))
  await it.service.notify(notice())
  await waitFor(async () => expect(await it.jobs()).toMatchObject([{ state: 'failed', attempts: 1 }]))
  await it.clock.advance(3_600_000)
  expect(it.told).toHaveLength(1)
})

test('who asks for a pause gets it, for everything that waits', async () => {
  await using it = await start()
  await it.user('li', [['admin', '']])
  it.answers(() => failedFor('refused', 'HTTP 429', 120_000))
  await it.service.notify(notice())
  await waitFor(async () => expect(await it.jobs()).toMatchObject([{ attempts: 1, reason: 'refused' }]))
  it.answers(() => sent)
  await goesOn(it, 10_000, async () =>
    expect(await it.jobs()).toMatchObject([{ state: 'sent', attempts: 2 }]),
  )
  const [first, second] = it.told.map(({ at }) => at)
  expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(120_000)
})

test('at night it waits for the morning, and the last message takes the rest along; life safety and escalations do not wait', async () => {
  const clock = new FakeClock(Date.UTC(2026, 10, 27, 15)) // 23:00 in Shanghai
  await using it = await start({ clock })
  await it.user('li', [['admin', '']], { quiet: { from: '22:00', to: '06:30' } })
  for (let i = 0; i < 13; i++) await it.service.notify(notice({ key: `quiet-${i}` }))
  await clock.advance(60_000)
  expect(it.told).toEqual([])
  expect((await it.jobs()).every(({ reason }) => reason === 'quiet-hours')).toBe(true)
  await it.service.notify(notice({ key: 'fire', priority: 1 }))
  await it.service.notify(notice({ key: 'nobody came', kind: 'alarm.escalated', code: 'alarm.escalated' }))
  await waitFor(() =>
    expect(it.told.map(({ message }) => message.notices[0].key).sort()).toEqual(['fire', 'nobody came']),
  )
  await clock.advance(Date.UTC(2026, 10, 27, 22, 30) - clock.now())
  await goesOn(it, 1_000, async () =>
    expect((await it.jobs()).map(({ state }) => state)).toEqual(Array(15).fill('sent')),
  )
  const morning = it.told.slice(2)
  expect(morning.every(({ at }) => at >= Date.UTC(2026, 10, 27, 22, 30))).toBe(true)
  expect(morning.length).toBeLessThan(13)
  const [digest] = morning.filter(({ message }) => message.more.length > 0)
  expect(digest?.message.more[0]).toMatch(/^另有 \d 条$/)
})

test('a storm becomes a few messages and a digest, and life safety comes through', async () => {
  await using it = await start()
  await it.user('li', [['admin', '']])
  for (let i = 0; i < 60; i++) await it.service.notify(notice())
  await waitFor(() => expect(it.told.length).toBeGreaterThanOrEqual(10))
  await it.clock.advance(1_000)
  await it.service.notify(notice({ key: 'fire!', priority: 1 }))
  await waitFor(() => expect(it.told.at(-1)?.message.notices[0].key).toBe('fire!'))
  expect(it.told.length).toBeLessThanOrEqual(11)
  await goesOn(it, 60_000, async () =>
    expect((await it.jobs()).filter(({ state }) => state !== 'sent')).toEqual([]),
  )
  expect(it.told.some(({ message }) => message.more[0]?.startsWith('另有'))).toBe(true)
  const keys = it.told.flatMap(({ message }) => message.notices.map(({ key }) => key))
  expect(new Set(keys).size).toBe(61)
  expect(keys).toHaveLength(61)
})

test('one receiver that does not answer holds up nobody else', async () => {
  await using it = await start()
  await it.user('slow', [['admin', '']])
  await it.user('quick', [['admin', '']])
  const stuck = Promise.withResolvers<Outcome>()
  it.answers((_, { user }) => (user === 'slow' ? stuck.promise : sent))
  for (let i = 0; i < 5; i++) await it.service.notify(notice())
  await waitFor(() => expect(it.told.filter(({ lane }) => lane.user === 'quick')).toHaveLength(5))
  expect(it.told.filter(({ lane }) => lane.user === 'slow')).toHaveLength(1)
  stuck.resolve(sent)
  await waitFor(() => expect(it.told).toHaveLength(10))
})

test('a full queue takes only life safety, and says so of the rest', async () => {
  await using it = await start({ maxQueued: 2 })
  await it.user('li', [['admin', '']])
  it.answers(() => failedFor('unreachable', 'away'))
  for (const priority of [3, 3, 3, 1] as const) await it.service.notify(notice({ priority }))
  expect((await it.jobs()).map(({ state, reason }) => [state, reason === 'queue-full']).sort()).toEqual([
    ['queued', false],
    ['queued', false],
    ['queued', false],
    ['suppressed', true],
  ])
})

test('what waited is delivered after a restart, with the same id', async () => {
  await using folder = await tempFolder()
  const path = folder.file('state.db')
  const clock = new FakeClock(noon)
  let id = ''
  {
    await using it = await start({ path, clock })
    await it.user('li', [['admin', '']])
    // Cut off while it is being sent: nobody knows whether it arrived.
    it.answers(() => failedFor('timeout', 'no answer'))
    await it.service.notify(notice({ key: 'before' }))
    await waitFor(async () => expect(await it.jobs()).toMatchObject([{ attempts: 1 }]))
    id = it.told[0]?.message.id ?? ''
  }
  await using again = await start({ path, clock })
  await goesOn(again, 1_000, async () => expect(await again.jobs()).toMatchObject([{ state: 'sent' }]))
  expect(again.told.map(({ message }) => message.id)).toEqual([id])
  expect(id).not.toBe('')
})

test('the notice and what it is about are stored together or not at all', async () => {
  await using it = await start()
  await it.user('li', [['admin', '']])
  const change = it.db.transaction().execute(async (trx) => {
    await it.service.accept(trx, notice())
    throw new Error('the change failed')
  })
  await expect(change).rejects.toThrow('the change failed')
  expect(await it.jobs()).toEqual([])
})

test('notify never rejects, whatever the store does', async () => {
  const it = await start()
  await it.stop()
  await expect(it.service.notify(notice())).resolves.toBeUndefined()
})

test('whatever the receiver does, every notice ends: sent exactly once or failed after the last attempt', async () => {
  for (let seed = 1; seed <= 3; seed++) {
    await using it = await start({ attempts: 5 })
    await it.user('li', [['admin', '']])
    await it.user('wang', [['guard', '']])
    let draw = 0
    const arrived: string[] = []
    it.answers((message, lane) => {
      const dice = uniform(seed, draw++)
      if (dice < 0.3) return failedFor('unreachable', 'away')
      if (dice < 0.4) return failedFor('refused', 'busy', 90_000)
      if (dice < 0.5) return refused('refused', 'no')
      arrived.push(...message.notices.map(({ key }) => `${lane.user} ${key}`))
      return sent
    })
    for (let i = 0; i < 30; i++) await it.service.notify(notice({ priority: i % 7 === 0 ? 1 : 3 }))
    await goesOn(it, 60_000, async () => {
      expect((await it.jobs()).filter(({ state }) => state === 'queued')).toEqual([])
    })
    const jobs = await it.jobs()
    expect(jobs).toHaveLength(60)
    expect(new Set(arrived).size).toBe(arrived.length)
    expect(jobs.filter(({ state }) => state === 'sent')).toHaveLength(arrived.length)
  }
})
