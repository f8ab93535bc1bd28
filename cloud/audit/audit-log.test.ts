import { expect, test } from 'vitest'
import { type Database, openDatabase } from '#cloud/state/database.ts'
import type { AuditHash } from '#contract/api/audit.ts'
import { FakeClock } from '#lib/fake-clock.ts'
import { createLogger } from '#lib/logger.ts'
import { openSqlite } from '#lib/sqlite.ts'
import { tempFolder } from '../../tests/support/temp-folder.ts'
import { AuditLog } from './audit-log.ts'

const dayMs = 86_400_000
const who = { id: 'u1', username: 'li', displayName: '李娜', role: 'admin' } as const

async function start(path = ':memory:') {
  const db = await openDatabase({ path, log: createLogger({ level: 'silent' }) })
  const clock = new FakeClock()
  const open = (hash: AuditHash = 'sha256') => new AuditLog({ db, clock, hash })
  const log = open()
  const write = (target: string, more = {}) => log.write({ action: 'device.added', who, target, ...more })
  const all = async () => (await log.search({ limit: 1_000 })).toReversed()
  return { db, clock, log, open, write, all, [Symbol.asyncDispose]: () => db.destroy() }
}

test('a row says who did what, from where, to what, with what result, and continues the one before', async () => {
  await using audit = await start()
  await audit.write('school-a/meter-1', {
    ...{ address: '192.0.2.7', userAgent: 'Browser/1', request: 'r1', outcome: 'BUSY' },
    ...{ before: { title: 'old' }, after: { title: '新' } },
  })
  await audit.log.write({ action: 'session.refused', who: { username: 'nobody' } })
  await audit.log.write({ action: 'user.created', who: 'system' })
  const [first, second, third] = await audit.all()
  expect(first).toEqual({
    seq: 1,
    at: '2026-01-05T00:00:00.000Z',
    action: 'device.added',
    userId: 'u1',
    username: 'li',
    displayName: '李娜',
    role: 'admin',
    address: '192.0.2.7',
    userAgent: 'Browser/1',
    target: 'school-a/meter-1',
    before: '{"title":"old"}',
    after: '{"title":"新"}',
    outcome: 'BUSY',
    request: 'r1',
    algorithm: 'sha256',
    prevHash: '',
    // Computed with Python as docs/audit.md says.
    hash: 'ce30d17e818e3bc9b968cb50245382b3cbeac981c08e2c54804ad4cf4a2ef754',
  })
  expect(second).toMatchObject({ userId: '', username: 'nobody', role: '', prevHash: first?.hash })
  expect(third).toMatchObject({ userId: '', username: '', role: 'system', prevHash: second?.hash })
  expect(await audit.log.verify()).toEqual({ rows: 3, head: await audit.log.head(), broken: undefined })
})

test('no secret gets in, and nothing too long', async () => {
  await using audit = await start()
  const device = { id: 'cam', password: 'p1', deep: [{ apiKey: 'p2', url: 'rtsp://u:p3/p3@p3@192.0.2.1/a' }] }
  await audit.write('x'.repeat(999), {
    ...{ after: { device, newPassword: 'p4' }, before: 'z'.repeat(99_999) },
    ...{ userAgent: `${'a'.repeat(199)}\u{1f600}`, who: { username: 'a\u0000b\r\n\ud800' } },
  })
  const [row] = await audit.all()
  expect(row?.after).toContain('"id":"cam"')
  expect(JSON.stringify(row)).not.toMatch(/p[1234]/)
  expect(row?.before.length).toBeLessThan(4_000)
  expect(JSON.parse(row?.before ?? '')).toMatchObject({ length: 100_001 })
  expect([row?.target.length, row?.userAgent.length]).toEqual([300, 200])
  expect(row?.username).toBe('a\ufffdb\ufffd\ufffd\ufffd')
  expect((await audit.log.verify()).broken).toBeUndefined()
})

test('two hundred writers at once make one chain', async () => {
  await using audit = await start()
  const inTransaction = (target: string) =>
    audit.db.transaction().execute((trx) => audit.log.append(trx, { action: 'command.created', who, target }))
  await Promise.all(
    Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? audit.write(`w${i}`) : inTransaction(`t${i}`))),
  )
  expect(await audit.log.verify()).toMatchObject({ rows: 200, head: { seq: 200 }, broken: undefined })
  expect(new Set((await audit.all()).map(({ target }) => target)).size).toBe(200)
})

test('two processes that write at once make one chain', async () => {
  await using folder = await tempFolder()
  await using one = await start(folder.file('state.db'))
  await using other = await start(folder.file('state.db'))
  await Promise.all(Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? one : other).write(`d${i}`)))
  expect(await one.log.verify()).toMatchObject({ rows: 40, broken: undefined })
})

test('what the change takes back, its row takes back; a row that cannot be written takes back the change', async () => {
  await using audit = await start()
  const change = (trx: Database) =>
    trx
      .insertInto('users')
      .values({ ...user, created_at: 1 })
      .execute()
  const user = { id: 'u', username: 'u', password_hash: '-', display_name: 'u' }
  const undone = audit.db.transaction().execute(async (trx) => {
    await audit.log.bySystem('user.created').write(trx)
    throw new Error('changed my mind')
  })
  await expect(undone).rejects.toThrow('changed my mind')
  expect(await audit.all()).toEqual([])
  await audit.db.schema.dropTable('audit').execute()
  const failed = audit.db.transaction().execute(async (trx) => {
    await change(trx)
    await audit.log.bySystem('user.created').write(trx)
  })
  await expect(failed).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  expect(await audit.db.selectFrom('users').select('id').execute()).toEqual([])
})

test('another hash is told by a row of its own, and the chain goes on', async () => {
  await using audit = await start()
  await audit.write('a')
  await audit.open('sm3').write({ action: 'device.added', who, target: 'b' })
  await audit.open('sm3').write({ action: 'device.added', who, target: 'c' })
  const rows = await audit.all()
  expect(rows.map(({ action, algorithm }) => `${action} ${algorithm}`)).toEqual([
    'device.added sha256',
    'audit.hash-changed sm3',
    'device.added sm3',
    'device.added sm3',
  ])
  expect(rows[1]).toMatchObject({ before: '{"hash":"sha256"}', after: '{"hash":"sm3"}', role: 'system' })
  expect(await audit.log.verify()).toMatchObject({ rows: 4, broken: undefined })
})

test('a search by time, person, action and target, newest first, from any row on', async () => {
  await using audit = await start()
  await audit.write('school-a/meter-1')
  await audit.clock.advance(1_000)
  await audit.write('school-a/meter_2', { who: { ...who, username: 'wang', displayName: '王' } })
  await audit.log.write({ action: 'session.signed-in', who })
  const found = async (search: object) =>
    (await audit.log.search({ limit: 9, ...search })).map(({ seq }) => seq)
  expect(await found({})).toEqual([3, 2, 1])
  expect(await found({ before: 3, limit: 1 })).toEqual([2])
  expect(await found({ from: audit.clock.now() })).toEqual([3, 2])
  expect(await found({ to: audit.clock.now() })).toEqual([1])
  expect(await found({ who: 'LI' })).toEqual([3, 1])
  expect(await found({ who: '王' })).toEqual([2])
  expect(await found({ action: 'session.signed-in' })).toEqual([3])
  expect(await found({ target: 'meter' })).toEqual([2, 1])
  expect(await found({ target: 'r_2' })).toEqual([2])
  expect(await found({ target: '%' })).toEqual([])
})

test('old rows go, the rest is still a chain, and young ones do not go', async () => {
  await using audit = await start()
  for (const target of ['a', 'b', 'c']) await audit.write(target)
  await audit.clock.advance(200 * dayMs)
  await audit.write('d')
  const tooMuch = audit.clock.now() - 180 * dayMs + 1
  await expect(audit.log.prune(tooMuch)).rejects.toThrow('180 days')
  expect(await audit.log.prune(audit.clock.now() - 190 * dayMs)).toBe(3)
  expect((await audit.all()).map(({ seq, action }) => [seq, action])).toEqual([
    [4, 'device.added'],
    [5, 'audit.pruned'],
  ])
  expect(await audit.log.verify()).toMatchObject({ rows: 2, broken: undefined })
  expect(await audit.log.prune(audit.clock.now() - 190 * dayMs)).toBe(0)
  expect(await audit.all()).toHaveLength(2)

  await audit.clock.advance(400 * dayMs)
  expect(await audit.log.prune(audit.clock.now() - 190 * dayMs)).toBe(2)
  expect(await audit.log.verify()).toMatchObject({ rows: 1, head: { seq: 6 }, broken: undefined })
})

test('a clock that was wrong for a while does not tear a hole', async () => {
  await using audit = await start()
  await audit.write('a')
  audit.clock.step(300 * dayMs)
  await audit.write('from the future')
  audit.clock.step(-299 * dayMs)
  await audit.write('b')
  await audit.clock.advance(200 * dayMs)
  expect(await audit.log.prune(audit.clock.now() - 190 * dayMs)).toBe(1)
  expect((await audit.all()).map(({ seq }) => seq)).toEqual([2, 3, 4])
  expect((await audit.log.verify()).broken).toBeUndefined()
})

/** What somebody with the file can do to it, and the first row where it shows. */
const tampering: [string, string, { seq: number; kind: string; good?: number } | undefined][] = [
  ['nothing', 'SELECT 1', undefined],
  ['who did it', "UPDATE audit SET username = 'wang' WHERE seq = 4", { seq: 4, kind: 'altered' }],
  ['when', 'UPDATE audit SET at = at - 1 WHERE seq = 4', { seq: 4, kind: 'altered' }],
  ['when, beyond all time', 'UPDATE audit SET at = 9e15 WHERE seq = 4', { seq: 4, kind: 'altered' }],
  ['the result', "UPDATE audit SET outcome = 'ok' WHERE seq = 4", { seq: 4, kind: 'altered' }],
  ['the hash', "UPDATE audit SET hash = 'x' WHERE seq = 4", { seq: 4, kind: 'altered' }],
  ['the algorithm', "UPDATE audit SET algorithm = 'none' WHERE seq = 4", { seq: 4, kind: 'altered' }],
  [
    'a field into its neighbour',
    "UPDATE audit SET before_json = after_json, after_json = '' WHERE seq = 4",
    { seq: 4, kind: 'altered' },
  ],
  ['a row deleted', 'DELETE FROM audit WHERE seq = 4', { seq: 5, kind: 'missing', good: 3 }],
  ['rows deleted at the beginning', 'DELETE FROM audit WHERE seq <= 2', { seq: 3, kind: 'missing', good: 0 }],
  [
    'a row deleted and the rest renumbered',
    'DELETE FROM audit WHERE seq = 4; UPDATE audit SET seq = seq - 1 WHERE seq > 4',
    { seq: 4, kind: 'out-of-place' },
  ],
  [
    'a row inserted',
    'UPDATE audit SET seq = seq + 100 WHERE seq > 4; UPDATE audit SET seq = seq - 99 WHERE seq > 100; INSERT INTO audit SELECT 5, at, action, user_id, username, display_name, role, address, user_agent, target, before_json, after_json, outcome, request, algorithm, hash, hash FROM audit WHERE seq = 4',
    { seq: 5, kind: 'altered' },
  ],
  [
    'a row inserted between two',
    'INSERT INTO audit SELECT 4.5, at, action, user_id, username, display_name, role, address, user_agent, target, before_json, after_json, outcome, request, algorithm, hash, hash FROM audit WHERE seq = 4',
    { seq: 4.5, kind: 'out-of-place', good: 4 },
  ],
  [
    'a row added at the end',
    'INSERT INTO audit SELECT 9, at, action, user_id, username, display_name, role, address, user_agent, target, before_json, after_json, outcome, request, algorithm, hash, hash FROM audit WHERE seq = 8',
    { seq: 9, kind: 'altered' },
  ],
  [
    'two rows swapped',
    'UPDATE audit SET seq = 100 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 5; UPDATE audit SET seq = 5 WHERE seq = 100',
    { seq: 4, kind: 'out-of-place' },
  ],
]

test.each(tampering)('tampering with %s is found', async (_name, sql, broken) => {
  await using folder = await tempFolder()
  await using audit = await start(folder.file('state.db'))
  for (let i = 1; i <= 8; i++) await audit.write(`d${i}`, { after: { i }, outcome: i === 4 ? 'BUSY' : 'ok' })
  {
    using file = openSqlite({ path: folder.file('state.db') })
    file.exec(sql)
  }
  const { broken: found, head } = await audit.log.verify()
  const { good, ...where } = broken ?? {}
  expect(found && { seq: found.seq, kind: found.kind }).toEqual(broken && where)
  expect(head?.seq ?? 0).toBe(broken === undefined ? 8 : (good ?? broken.seq - 1))
})

test('who replaces a row and all hashes after it is found by a head kept elsewhere, and so is a log cut off at its end', async () => {
  await using audit = await start()
  for (const target of ['a', 'b', 'c']) await audit.write(target)
  const kept = await audit.log.head()
  if (kept === undefined) throw new Error('no head')
  expect((await audit.log.verify(kept)).broken).toBeUndefined()
  await audit.db.deleteFrom('audit').where('seq', '=', 3).execute()
  expect((await audit.log.verify()).broken).toBeUndefined()
  expect((await audit.log.verify(kept)).broken).toMatchObject({
    kind: 'missing',
    message: 'row 3 is missing',
  })
  await audit.write('another')
  expect((await audit.log.verify()).broken).toBeUndefined()
  expect((await audit.log.verify(kept)).broken).toMatchObject({ seq: 3, kind: 'altered' })
})

test('a row that claims that rows were deleted has to fit what is left', async () => {
  await using audit = await start()
  for (const target of ['a', 'b', 'c', 'd']) await audit.write(target)
  await audit.log.write({ action: 'audit.pruned', who: 'system', after: { upTo: 2, hash: 'wrong' } })
  await audit.db.deleteFrom('audit').where('seq', '<=', 2).execute()
  expect((await audit.log.verify()).broken).toMatchObject({ seq: 3, kind: 'out-of-place' })
})
