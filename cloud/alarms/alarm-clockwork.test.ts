import { expect, test } from 'vitest'
import { AlarmService } from '#cloud/alarms/alarm-service.ts'
import { createLogger } from '#lib/logger.ts'
import { alarmApi, alarmUrl } from '../../tests/support/alarm-api.ts'
import { defaultAlarmSettings, type SuppressionConfig } from './alarm-config.ts'

async function start(settings: Parameters<typeof alarmApi>[0] = {}) {
  const api = await alarmApi(settings)
  await api.person('li', [{ role: 'guard', node: 'campus-a' }])
  await api.alarms.start()
  return api
}

const escalations = (told: readonly string[]) => told.filter((line) => line.startsWith('escalated'))
const calls = (told: readonly string[]) => told.filter((line) => line.startsWith('annunciated'))

test('raising tells who listens, with the cameras; people are called once', async () => {
  await using api = await start({ cameraLinks: new Map([['school-a/lux-1', ['school-a/cam-9']]]) })
  await api.tell('o1', { priority: 1 })
  expect(await api.settled()).toEqual([
    'change school-a/o1 unacknowledged',
    'raised school-a/o1 school-a/cam-9',
    'annunciated school-a/o1',
  ])
  await api.tell('o1', { priority: 1 })
  await api.tell('old', { priority: 1, at: api.clock.now() - 3_600_000 })
  expect(await api.settled()).toEqual(
    ['change school-a/old unacknowledged', 'raised school-a/old '].map((line) =>
      line.startsWith('raised') ? 'raised school-a/old school-a/cam-9' : line,
    ),
  )
})

test('nobody acknowledges: lead, school head, district, each once; who acknowledges stops it', async () => {
  await using api = await start()
  await api.tell('o1', { priority: 1 })
  await api.tell('o2', { priority: 1 })
  await api.tell('o3', { priority: 2 })
  await api.pass(20_000)
  expect(escalations(await api.settled())).toEqual([])
  await api.pass(10_000)
  expect(escalations(await api.settled()).sort()).toEqual([
    'escalated school-a/o1 1 lead',
    'escalated school-a/o2 1 lead',
  ])
  await api.as('li', alarmUrl('o2', 'ack'), {})
  await api.pass(90_000)
  expect(escalations(await api.settled())).toEqual(['escalated school-a/o1 2 school-head'])
  await api.pass(180_000)
  expect(escalations(await api.settled())).toEqual(['escalated school-a/o1 3 district'])
  await api.pass(600_000)
  expect(escalations(await api.settled())).toEqual([])
  expect((await api.as('li', alarmUrl('o1'))).body.escalations).toBe(3)
})

test('an escalation goes on after a restart where it was, and what was not told is told then', async () => {
  await using api = await start()
  await api.tell('o1', { priority: 1 })
  await api.pass(31_000)
  await api.settled()
  await api.alarms[Symbol.asyncDispose]()
  // The cloud stands still. Meanwhile an alarm is committed and the process dies before it is told.
  await api.db.updateTable('alarm_events').set({ untold: 4 }).execute()
  api.clock.step(100_000)
  const told: string[] = []
  await using again = new AlarmService({
    ...{ db: api.db, clock: api.clock, places: api.places, settings: defaultAlarmSettings },
    log: createLogger({ level: 'silent' }),
    latest: async () => new Map(),
    hooks: {
      onAnnunciated: ({ id }) => told.push(`annunciated ${id}`),
      onEscalated: ({ id }, { n, to }) => told.push(`escalated ${id} ${n} ${to}`),
    },
  })
  await again.start()
  await api.pass(1_000)
  expect(told).toEqual(['annunciated school-a/o1', 'escalated school-a/o1 2 school-head'])
})

test('what is acknowledged and stays on calls again after its time, and a new acknowledgement is needed', async () => {
  await using api = await start({ realarms: { 3: 60_000 } })
  await api.tell('o1')
  await api.as('li', alarmUrl('o1', 'ack'), {})
  await api.pass(30_000)
  expect(calls(await api.settled())).toEqual(['annunciated school-a/o1'])
  await api.pass(30_000)
  expect(calls(await api.settled())).toEqual(['annunciated school-a/o1'])
  const { body } = await api.as('li', alarmUrl('o1'))
  expect(body).toMatchObject({ life: 'unacknowledged' })
  expect(body).not.toHaveProperty('ack')
  expect((await api.as('li', alarmUrl('o1', 'ack'), {})).status).toBe(200)
  const counted = await api.db.selectFrom('alarm_history').select('what').where('counted', '=', 1).execute()
  expect(counted).toEqual([{ what: 'raised' }]) // a call again is not counted
})

const summer: SuppressionConfig = {
  id: 'summer',
  title: { en: 'No heating' },
  alarms: { kinds: ['illuminance'], places: ['campus-a'] },
  while: { season: { from: '01-01', to: '01-05' } },
}

test('suppressed by design while the season lasts: logged, listed apart, silent; after it what is on calls', async () => {
  await using api = await start({ suppress: [summer] })
  await api.tell('o1')
  await api.tell('s1', { point: 'lux-1/smoke' })
  expect(calls(await api.settled())).toEqual(['annunciated school-a/s1'])
  expect(await api.list('li', '?state=shelved')).toMatchObject([
    { id: 'school-a/o1', overlay: 'suppressed', suppressedBy: 'summer', quiet: 'suppressed' },
  ])
  await api.pass(24 * 3_600_000)
  expect(calls(await api.settled())).toContain('annunciated school-a/o1')
  expect(await api.list('li', '?state=shelved')).toEqual([])
})

test('suppressed by another alarm that is on, or by the value of a point', async () => {
  const whilePower: SuppressionConfig = {
    ...{ id: 'power', title: { en: 'No power' }, alarms: { rules: ['dark'] } },
    while: { alarm: 'school-a/power-off' },
  }
  const whileMode: SuppressionConfig = {
    ...{ id: 'mode', title: { en: 'Test' }, alarms: { devices: ['school-a/meter-1'] } },
    while: { point: 'school-a/meter-1/mode', equals: true },
  }
  await using api = await start({ suppress: [whilePower, whileMode] })
  await api.tell('d1', { rule: 'dark' })
  await api.tell('m1', { point: 'meter-1/voltage' })
  await api.tell('p1', { rule: 'power-off', point: '' })
  api.setLatest(new Map([['school-a/meter-1/mode', true]]))
  await api.pass(2_000)
  const hidden = async () =>
    (await api.list('li', '?state=shelved')).map(({ id, suppressedBy }) => [id, suppressedBy]).sort()
  expect(await hidden()).toEqual([
    ['school-a/d1', 'power'],
    ['school-a/m1', 'mode'],
  ])
  await api.settled()
  await api.tell('p1', { rule: 'power-off', point: '', state: 'cleared' })
  api.setLatest(new Map())
  await api.pass(2_000)
  expect(await hidden()).toEqual([])
  expect(calls(await api.settled()).sort()).toEqual(['annunciated school-a/d1', 'annunciated school-a/m1'])
})

test('a duty post is in flood above ten in ten minutes and until there are fewer than five', async () => {
  await using api = await start()
  await api.person('city', [{ role: 'bureau' }])
  for (let n = 0; n < 11; n++) await api.tell(`o${n}`)
  await api.tell('b1', { gateway: 'school-b', point: 'meter-1/voltage' })
  await api.settled()
  const floods = async (who: string) => (await api.as(who, '/alarms/floods')).body.items
  const since = '2026-01-05T00:00:00.000Z'
  expect(await floods('city')).toEqual([
    { post: 'campus-a', inFlood: true, since, annunciations: 11 },
    { post: 'campus-b', inFlood: false, annunciations: 1 },
  ])
  expect(await floods('li')).toEqual([{ post: 'campus-a', inFlood: true, since, annunciations: 11 }])
  await api.clock.advance(600_000)
  expect(await floods('li')).toEqual([{ post: 'campus-a', inFlood: false, annunciations: 0 }])
})
