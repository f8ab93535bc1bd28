import { expect, test } from 'vitest'
import type { AlarmQuality, QualityFigureName } from '#contract/api/alarms.ts'
import { alarmApi, alarmUrl } from '../../tests/support/alarm-api.ts'

async function start() {
  const api = await alarmApi()
  await api.person('city', [{ role: 'bureau' }])
  await api.person('guard', [{ role: 'guard', node: 'campus-a' }])
  await api.person('li', [{ role: 'guard' }])
  return api
}

type Api = Awaited<ReturnType<typeof start>>

async function quality(api: Api, who: string, query = ''): Promise<AlarmQuality> {
  return (await api.as(who, `/alarms/quality${query}`)).body as unknown as AlarmQuality
}

function figureOf({ posts }: AlarmQuality, post: string, name: QualityFigureName): number | undefined {
  return posts.find((one) => one.post === post)?.figures.find((one) => one.name === name)?.value
}

test('each post has its own figures; a person sees those of his places', async () => {
  await using api = await start()
  for (let n = 0; n < 3; n++) {
    await api.tell(`o${n}`, { rule: 'r' })
    await api.tell(`o${n}`, { rule: 'r', state: 'cleared' })
    api.clock.step(10_000)
  }
  await api.tell('b1', { gateway: 'school-b', point: 'meter-1/voltage' })
  api.clock.step(1)
  const all = await quality(api, 'city')
  expect(all.posts.map(({ post }) => post)).toEqual(['campus-a', 'campus-b'])
  expect(['campus-a', 'campus-b'].map((post) => figureOf(all, post, 'annunciations'))).toEqual([3, 1])
  expect(figureOf(all, 'campus-a', 'chattering')).toBe(1)
  expect(all.posts[0]?.worst).toMatchObject([
    { rule: 'r', point: 'school-a/lux-1/illuminance', annunciations: 3, chattering: 1 },
  ])
  expect((await quality(api, 'guard')).posts.map(({ post }) => post)).toEqual(['campus-a'])
  expect((await quality(api, 'city', '?node=campus-b')).posts.map(({ post }) => post)).toEqual(['campus-b'])
  expect((await api.as('guard', '/alarms/quality?node=campus-b')).status).toBe(404)
})

test('what nobody was called for is not counted: told again, late, shelved', async () => {
  await using api = await start()
  await api.tell('o1', { rule: 'r' })
  await api.tell('o1', { rule: 'r' })
  await api.tell('o2', { rule: 'r' })
  await api.tell('late', { rule: 'l', at: api.clock.now() - 3_600_000 })
  await api.as('li', alarmUrl('o2', 'shelve'), { for: '1h', reason: 'x' })
  await api.tell('o2', { rule: 'r', state: 'cleared' })
  api.clock.step(1_000)
  await api.tell('o3', { rule: 'r' })
  api.clock.step(1_000)
  expect(figureOf(await quality(api, 'city'), 'campus-a', 'annunciations')).toBe(1)
  await api.as('li', alarmUrl('o3', 'unshelve'), {})
  api.clock.step(1)
  expect(figureOf(await quality(api, 'city'), 'campus-a', 'annunciations')).toBe(2)
})

test('what was put aside without a second person where it needs one shows, by whatever way it came about', async () => {
  await using api = await start()
  await api.tell('o1')
  await api.as('li', alarmUrl('o1', 'shelve'), { for: '4h', reason: 'x' })
  api.clock.step(1)
  expect(figureOf(await quality(api, 'city'), 'campus-a', 'unauthorised')).toBe(0)
  const until = JSON.stringify('2026-02-01T00:00:00.000Z')
  await api.db
    .updateTable('alarm_history')
    .set({ detail_json: until })
    .where('what', '=', 'shelved')
    .execute()
  expect(figureOf(await quality(api, 'city'), 'campus-a', 'unauthorised')).toBe(1)
})

test('a range that makes no sense is refused with its field', async () => {
  await using api = await start()
  for (const query of ['from=x', 'from=2&to=1', 'from=0&to=1800000000000'])
    expect(await api.as('city', `/alarms/quality?${query}`)).toMatchObject({
      status: 400,
      body: { details: [{ path: 'query/from' }] },
    })
})
