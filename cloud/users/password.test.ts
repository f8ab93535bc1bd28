import { expect, test } from 'vitest'
import { hashPassword, verifyPassword } from './password.ts'

test('a password fits its own hash only, and no two hashes are equal', async () => {
  const [one, two] = await Promise.all([hashPassword('正确的密码 1'), hashPassword('正确的密码 1')])
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
  expect(one).not.toBe(two)
  expect(await verifyPassword('正确的密码 1', one)).toBe(true)
  expect(await verifyPassword('正确的密码 2', one)).toBe(false)
})

test('a hash made with another cost stays valid: the one of the reference implementation', async () => {
  // Reference implementation of Argon2, src/test.c: "password" with "somesalt", 64 MiB, two passes
  const reference = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'
  expect(await verifyPassword('password', reference)).toBe(true)
  expect(await verifyPassword('passwore', reference)).toBe(false)
})

test.each(['', 'password', '$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$AAAA', '$argon2id$v=19$m=1,t=2'])(
  'something that is no such hash fits nothing: %s',
  async (stored) => {
    expect(await verifyPassword('password', stored)).toBe(false)
  },
)
