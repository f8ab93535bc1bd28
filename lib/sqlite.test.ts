import { writeFileSync } from 'node:fs'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isCorrupt, isDiskFull, migrateSqlite, openSqlite, pragmaNumber, transaction } from './sqlite.ts'

test('a file opens in WAL with full synchronisation and gives pages back', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'sqlite-'))
  const db = openSqlite({ path: join(folder.path, 'a.db'), incrementalVacuum: true })
  expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
  expect(pragmaNumber(db, 'synchronous')).toBe(2)
  db.exec('CREATE TABLE t (x BLOB); INSERT INTO t VALUES (zeroblob(1000000)); DELETE FROM t')
  const before = pragmaNumber(db, 'page_count')
  db.exec('PRAGMA incremental_vacuum')
  expect(pragmaNumber(db, 'page_count')).toBeLessThan(before / 10)
  db.close()
})

test('a transaction that throws leaves nothing behind', () => {
  const db = openSqlite({ path: ':memory:' })
  db.exec('CREATE TABLE t (x)')
  const broken = () =>
    transaction(db, () => {
      db.exec('INSERT INTO t VALUES (1)')
      throw new Error('stop')
    })
  expect(broken).toThrow('stop')
  expect(db.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 0 })
  db.close()
})

test('migrations run once, in order, and a newer file is refused', () => {
  const db = openSqlite({ path: ':memory:' })
  migrateSqlite(db, ['CREATE TABLE a (x)'])
  migrateSqlite(db, ['CREATE TABLE a (x)', 'CREATE TABLE b (x)'])
  expect(pragmaNumber(db, 'user_version')).toBe(2)
  expect(() => migrateSqlite(db, ['CREATE TABLE a (x)'])).toThrow(/version 2/)
  db.close()
})

test('a full disk and a damaged file are told apart from other errors', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'sqlite-'))
  const full = openSqlite({ path: join(folder.path, 'full.db'), pragmas: { max_page_count: 10 } })
  full.exec('CREATE TABLE t (x BLOB)')
  expect(errorOf(() => full.exec('INSERT INTO t VALUES (zeroblob(1000000))'), isDiskFull)).toBe(true)
  expect(errorOf(() => full.exec('SELECT nonsense'), isDiskFull)).toBe(false)
  full.close()

  const path = join(folder.path, 'bad.db')
  writeFileSync(
    path,
    'this is not a database file at all, but it is long enough to have a header '.repeat(20),
  )
  expect(errorOf(() => openSqlite({ path }), isCorrupt)).toBe(true)
})

function errorOf(work: () => unknown, is: (error: unknown) => boolean): boolean {
  try {
    work()
  } catch (error) {
    return is(error)
  }
  throw new Error('nothing was thrown')
}
