import { expect, test } from 'vitest'
import { openDatabase } from '#cloud/state/database.ts'
import { createLogger } from '#lib/logger.ts'
import { storeEvent } from './event-store.ts'

test('the last changes of a link are kept, the older ones make room, twice the same is once', async () => {
  const db = await openDatabase({ path: ':memory:', log: createLogger({ level: 'silent' }) })
  const gateway = { id: 'school-a', token_hash: '', created_at: 0, connected: 0 }
  await db.insertInto('gateways').values(gateway).execute()
  const say = (at: number) =>
    storeEvent(db, 'school-a', { kind: 'link', device: 'm-1', state: at % 2 === 0 ? 'up' : 'down', at })
  for (let at = 1; at <= 60; at++) await say(at)
  await say(60)
  const kept = await db.selectFrom('link_events').select(['at', 'state']).orderBy('at').execute()
  expect(kept).toHaveLength(50)
  expect([kept[0], kept.at(-1)]).toEqual([
    { at: 11, state: 'down' },
    { at: 60, state: 'up' },
  ])
  await db.destroy()
})
