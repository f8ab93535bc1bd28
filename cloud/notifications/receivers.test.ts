import { expect, test } from 'vitest'
import { openDatabase } from '#cloud/state/database.ts'
import { createLogger } from '#lib/logger.ts'
import type { Notice } from './notice.ts'
import { receiversOf } from './receivers.ts'

test('who is switched off is told of nothing', async () => {
  await using db = await openDatabase({ path: ':memory:', log: createLogger({ level: 'silent' }) })
  for (const [id, disabled_at] of [
    ['here', null],
    ['gone', 2],
  ] as const) {
    const row = { username: id, display_name: id, password_hash: '-', created_at: 1, disabled_at }
    await db
      .insertInto('users')
      .values({ id, ...row })
      .execute()
    await db.insertInto('grants').values({ user_id: id, role: 'guard', node: '' }).execute()
  }
  // What it is about is nobody's business here.
  const notice = { to: { users: ['here', 'gone'] } } as unknown as Notice
  expect((await receiversOf(db, notice)).people.map(({ user }) => user)).toEqual(['here'])
})
