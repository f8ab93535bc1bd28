import { readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempFolder } from '../../tests/support/temp-folder.ts'
import { testCertificate } from '../../tests/support/test-certificate.ts'
import { IdentityStore } from './identity-store.ts'

test('what is stored comes back, and only its owner may read it', async () => {
  await using folder = await tempFolder()
  const store = new IdentityStore(folder.path)
  expect(await store.load()).toEqual({ identity: undefined, problem: undefined })
  const { key, cert } = await testCertificate()
  const identity = { key, certificate: cert, ca: cert, tokenHash: 'h' }
  await store.save(identity)
  await store.savePendingKey('enrol h', key)
  expect(await new IdentityStore(folder.path).load()).toEqual({ identity, problem: undefined })
  expect(await store.pendingKey('enrol h')).toBe(key)
  expect(await store.pendingKey('enrol other')).toBeUndefined()
  for (const name of await readdir(folder.file('identity')))
    expect((await stat(join(folder.file('identity'), name))).mode & 0o777).toBe(0o600)
  expect((await stat(folder.file('identity'))).mode & 0o777).toBe(0o700)
  await store.dropPendingKey()
  expect(await store.pendingKey('enrol h')).toBeUndefined()
})

test('a file of a write that was cut off is no hindrance, whoever may read it', async () => {
  await using folder = await tempFolder()
  const store = new IdentityStore(folder.path)
  await store.savePendingKey('a', 'key')
  await writeFile(folder.file('identity/pending.json.new'), '{"v":1,', { mode: 0o644 })
  await store.savePendingKey('b', 'key 2')
  expect(await store.pendingKey('b')).toBe('key 2')
  expect((await stat(folder.file('identity/pending.json'))).mode & 0o777).toBe(0o600)
})

test.each(['', '{', '{"v":2}', '{"v":1,"key":"k","certificate":"c","tokenHash":"h"}'])(
  'a damaged file %j is told of and does not stop the start',
  async (content) => {
    await using folder = await tempFolder()
    const store = new IdentityStore(folder.path)
    await store.savePendingKey('a', 'key')
    await writeFile(folder.file('identity/identity.json'), content)
    expect(await store.load()).toEqual({
      identity: undefined,
      problem: expect.stringMatching(/identity\.json can not be used .*enrol this gateway again/),
    })
  },
)
