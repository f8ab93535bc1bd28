import { expect, test } from 'vitest'
import { alarmApi, alarmUrl } from '../../tests/support/alarm-api.ts'
import { pruneAlarms } from './prune-alarms.ts'

test('alarms that are over for long go with their history; what stands, the newest of each and the later ones stay', async () => {
  await using api = await alarmApi()
  await api.person('li', [{ role: 'guard', node: 'campus-a' }])
  await api.alarms.start()
  await api.settled()
  for (const one of ['o1', 'o2', 'o3']) {
    await api.tell(one, { rule: 'lux-low' })
    await api.as('li', alarmUrl(one, 'ack'), {})
    api.clock.step(1_000)
    if (one !== 'o3') await api.tell(one, { rule: 'lux-low', state: 'cleared' })
  }
  api.clock.step(1_000)
  const ids = async () =>
    (await api.db.selectFrom('alarm_events').select('occurrence').orderBy('occurrence').execute()).map(
      ({ occurrence }) => occurrence,
    )
  expect(await pruneAlarms(api.db, 0)).toBe(0)
  expect(await pruneAlarms(api.db, api.clock.now())).toBe(2)
  expect(await ids()).toEqual(['o3'])
  const history = await api.db.selectFrom('alarm_history').select('occurrence').distinct().execute()
  expect(history).toEqual([{ occurrence: 'o3' }])
  await api.tell('o3', { rule: 'lux-low', state: 'cleared' })
  api.clock.step(1_000)
  expect(await pruneAlarms(api.db, api.clock.now())).toBe(0)
})
