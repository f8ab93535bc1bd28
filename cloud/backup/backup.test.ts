import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openSqlite } from '#lib/sqlite.ts'
import { tempFolder } from '../../tests/support/temp-folder.ts'
import { makeBackup } from './make-backup.ts'
import { restoreBackup } from './restore-backup.ts'

/** A data folder with a store that is in use, and a configuration that names files beside it and elsewhere. */
async function someCloud() {
  const folder = await tempFolder()
  const data = folder.file('campus/data')
  await mkdir(join(data, 'tls'), { recursive: true })
  await mkdir(folder.file('secrets'))
  const db = openSqlite({ path: join(data, 'state.db') })
  db.exec('CREATE TABLE facts (fact TEXT); PRAGMA user_version = 7')
  db.prepare('INSERT INTO facts VALUES (?)').run('before')
  await writeFile(join(data, 'tls', 'ca.pem'), 'a certificate')
  await writeFile(join(data, 'demo-accounts.json.new'), 'half of it')
  await writeFile(folder.file('campus/cloud.yaml'), 'data: ./data')
  await writeFile(folder.file('campus/school-a.token'), 'token of a')
  await writeFile(folder.file('secrets/school-b.token'), 'token of b')
  const named = ['campus/school-a.token', 'secrets/school-b.token'].map(folder.file)
  const source = {
    data,
    config: { file: folder.file('campus/cloud.yaml'), named },
    telemetry: 'embedded' as const,
  }
  return {
    ...{ folder, source, db, backup: folder.file('backup') },
    async [Symbol.asyncDispose]() {
      db.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

function facts(path: string): unknown {
  using db = openSqlite({ path, readOnly: true })
  const version = db.prepare('PRAGMA user_version').get()?.user_version
  return [
    version,
    ...db
      .prepare('SELECT fact FROM facts')
      .all()
      .map(({ fact }) => fact),
  ]
}

test('a backup has the stores of one moment, the keys and the configuration, for its owner’s eyes only', async () => {
  await using cloud = await someCloud()
  const manifest = await makeBackup(cloud.source, cloud.backup, 1_800_000_000_000)
  expect(manifest.files.map(({ path }) => path).sort()).toEqual([
    'config/cloud.yaml',
    'config/elsewhere/secrets/school-b.token',
    'config/school-a.token',
    'data/state.db',
    'data/tls/ca.pem',
  ])
  for (const { path, bytes } of manifest.files) {
    const { size, mode } = await stat(join(cloud.backup, path))
    expect([size, path, (mode & 0o077).toString(8)]).toEqual([bytes, path, '0'])
  }
  expect(await readdir(cloud.folder.path)).toEqual(['backup', 'campus', 'secrets'])
})

test('what is restored is what was there at the backup, whatever came later', async () => {
  await using cloud = await someCloud()
  await makeBackup(cloud.source, cloud.backup, 1)
  cloud.db.prepare('INSERT INTO facts VALUES (?)').run('after')
  const data = cloud.folder.file('elsewhere/data')
  await mkdir(data, { recursive: true }) // an empty folder is as good as none
  expect(await restoreBackup(cloud.backup, data)).toMatchObject({ ok: true, manifest: { madeAt: 1 } })
  expect(facts(join(data, 'state.db'))).toEqual([7, 'before'])
  expect(await readFile(join(data, 'tls/ca.pem'), 'utf8')).toBe('a certificate')
  expect(await readdir(cloud.folder.file('elsewhere'))).toEqual(['data'])
})

test('a backup overwrites none, a restore no data, and both say so', async () => {
  await using cloud = await someCloud()
  await makeBackup(cloud.source, cloud.backup, 1)
  await expect(makeBackup(cloud.source, cloud.backup, 2)).rejects.toMatchObject({ code: 'CONFLICT' })
  expect(await restoreBackup(cloud.backup, cloud.source.data)).toEqual({
    ok: false,
    problems: [expect.stringMatching(/campus\/data: is not empty/)],
  })
  expect(facts(join(cloud.source.data, 'state.db'))).toEqual([7, 'before'])
})

test('a store that cannot be read makes no backup and leaves nothing of one behind', async () => {
  await using cloud = await someCloud()
  await writeFile(join(cloud.source.data, 'telemetry.db'), 'no database at all'.repeat(100))
  await expect(makeBackup(cloud.source, cloud.backup, 1)).rejects.toThrow(/not a database/)
  expect(await readdir(cloud.folder.path)).toEqual(['campus', 'secrets'])
})

test('every file that was lost, cut or changed is named, and nothing is restored', async () => {
  await using cloud = await someCloud()
  await makeBackup(cloud.source, cloud.backup, 1)
  const state = join(cloud.backup, 'data/state.db')
  const bytes = await readFile(state)
  bytes[100] = (bytes[100] ?? 0) ^ 1
  await writeFile(state, bytes)
  await rm(join(cloud.backup, 'data/tls/ca.pem'))
  await writeFile(join(cloud.backup, 'config/cloud.yaml'), 'longer than it was')
  const data = cloud.folder.file('new')
  expect(await restoreBackup(cloud.backup, data)).toEqual({
    ok: false,
    problems: [
      expect.stringMatching(/state\.db: has been changed/),
      expect.stringMatching(/ca\.pem: is missing/),
      expect.stringMatching(/cloud\.yaml: has 18 bytes, expected 12/),
    ],
  })
  expect(await readdir(cloud.folder.path)).not.toContain('new')
})

test.each([
  ['nothing', undefined, /manifest\.json: cannot be read \(ENOENT\)/],
  ['no JSON', '{', /manifest\.json: the file/],
  ['a way out of the folder', manifestWith('data/../../etc/passwd'), /files\/0\/path/],
  ['an absolute path', manifestWith('/etc/passwd'), /files\/0\/path/],
])('a manifest that is %s is refused', async (_what, text, problem) => {
  await using folder = await tempFolder()
  if (text !== undefined) await writeFile(folder.file('manifest.json'), text)
  const restored = await restoreBackup(folder.path, folder.file('data'))
  expect(restored).toMatchObject({ ok: false, problems: [expect.stringMatching(problem)] })
})

function manifestWith(path: string): string {
  const files = [{ path, bytes: 1, sha256: '0'.repeat(64) }]
  return JSON.stringify({ v: 1, madeAt: 1, telemetry: 'embedded', files })
}
