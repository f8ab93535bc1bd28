import { randomBytes } from 'node:crypto'
import { stat, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { tempFolder } from '../../tests/support/temp-folder.ts'
import { openSealer, Sealer } from './sealer.ts'

test('what is sealed opens for the same purpose and account only, and not when a byte differs', () => {
  const sealer = new Sealer(randomBytes(32))
  const sealed = sealer.seal('totp', 'u1', '密 secret')
  expect(sealer.open('totp', 'u1', sealed)).toBe('密 secret')
  expect(sealer.open('totp', 'u2', sealed)).toBeUndefined()
  expect(sealer.open('challenge', 'u1', sealed)).toBeUndefined()
  expect(new Sealer(randomBytes(32)).open('totp', 'u1', sealed)).toBeUndefined()
  const bytes = Buffer.from(sealed, 'base64url')
  for (let i = 0; i < bytes.length; i++) {
    const changed = Buffer.from(bytes)
    changed[i] = (changed[i] ?? 0) ^ 1
    expect(sealer.open('totp', 'u1', changed.toString('base64url'))).toBeUndefined()
  }
  for (const garbage of ['', 'x', 'not sealed by anybody at all, I think']) {
    expect(sealer.open('totp', 'u1', garbage)).toBeUndefined()
  }
})

test('the key is made once, for the owner only, and a broken one is not replaced', async () => {
  await using folder = await tempFolder()
  const file = folder.file('users.key')
  const sealed = (await openSealer(file)).seal('totp', 'u1', 'secret')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect((await openSealer(file)).open('totp', 'u1', sealed)).toBe('secret')
  await writeFile(file, 'short')
  await expect(openSealer(file)).rejects.toThrow(/not a key of 32 bytes/)
})
