import { readFile, stat, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { openDatabase } from '#cloud/state/database.ts'
import { FakeClock } from '#lib/fake-clock.ts'
import { createLogger } from '#lib/logger.ts'
import { tempFolder } from '../../tests/support/temp-folder.ts'
import { testSessions } from '../../tests/support/test-sessions.ts'
import { type AccountAudit, createAdmin, ensureDemoAccounts } from './accounts.ts'

const log = createLogger({ level: 'silent' })
const unaudited = { note: () => {}, write: async () => {} }

async function start() {
  const folder = await tempFolder()
  const db = await openDatabase({ path: ':memory:', log })
  const clock = new FakeClock()
  const rows: string[] = []
  const audit: AccountAudit = (action) => ({ ...unaudited, write: async () => void rows.push(action) })
  const sessions = testSessions({ db, clock })
  const from = { address: '127.0.0.1', userAgent: '' }
  return {
    db,
    audit,
    rows,
    options: { db, clock, audit, file: folder.file('demo-accounts.json') },
    roleOf: async (username: string, password: string) =>
      (await sessions.signIn({ username, password }, from, unaudited)).user.role,
    async [Symbol.asyncDispose]() {
      await db.destroy()
      await folder[Symbol.asyncDispose]()
    },
  }
}

test('the demo makes one account per role with passwords of its own, kept for the owner only', async () => {
  await using demo = await start()
  const accounts = await ensureDemoAccounts(demo.options)
  expect(accounts.map(({ role }) => role)).toEqual(['admin', 'facilities', 'guard', 'bureau'])
  expect(new Set(accounts.map(({ password }) => password)).size).toBe(4)
  for (const { username, password, role } of accounts)
    expect(await demo.roleOf(username, password)).toBe(role)
  expect((await stat(demo.options.file)).mode & 0o777).toBe(0o600)
  expect(JSON.parse(await readFile(demo.options.file, 'utf8'))).toEqual(accounts)
  expect(await ensureDemoAccounts(demo.options)).toEqual(accounts)
  expect(demo.rows).toEqual(Array.from({ length: 4 }, () => 'user.created'))
})

test('one password for all can be set, also later', async () => {
  await using demo = await start()
  const [first] = await ensureDemoAccounts(demo.options)
  await ensureDemoAccounts({ ...demo.options, password: 'one for all' })
  expect(await demo.roleOf('bureau', 'one for all')).toBe('bureau')
  expect(demo.rows.slice(4)).toEqual(Array.from({ length: 4 }, () => 'user.password-set'))
  await expect(demo.roleOf('admin', first?.password ?? '')).rejects.toMatchObject({ code: 'LOGIN_FAILED' })
})

test('a broken file gets new passwords that work', async () => {
  await using demo = await start()
  await ensureDemoAccounts(demo.options)
  await writeFile(demo.options.file, '[{"role":"admin"},')
  const accounts = await ensureDemoAccounts(demo.options)
  for (const { username, password, role } of accounts)
    expect(await demo.roleOf(username, password)).toBe(role)
})

test('an administrator is created once', async () => {
  await using demo = await start()
  await createAdmin(demo, 'wang', 'a long password')
  expect(await demo.roleOf('wang', 'a long password')).toBe('admin')
  expect(demo.rows).toEqual(['user.created'])
  await expect(createAdmin(demo, 'wang', 'another password')).rejects.toMatchObject({ code: 'CONFLICT' })
})
