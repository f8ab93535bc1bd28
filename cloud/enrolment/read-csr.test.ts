import { expect, test } from 'vitest'
import { testCsr, testKey } from '../../tests/support/test-csr.ts'
import { readCsr } from './read-csr.ts'

test('a request tells whose it is and what its key is', async () => {
  const key = await testKey()
  const read = await readCsr(await testCsr('CN=school-a', key))
  expect(read).toMatchObject({ ok: true, value: { gateway: 'school-a' } })
  const again = await readCsr(await testCsr('CN=school-a', key))
  expect(read.ok && again.ok && read.value.keyHash === again.value.keyHash).toBe(true)
})

test.each([
  ['RSA', 'rsa', /key of the kind rsa, expected EC P-256/],
  ['another curve', 'p384', /key of the kind secp384r1, expected EC P-256/],
] as const)('a key of %s is refused and named', async (_what, kind, message) => {
  const read = await readCsr(await testCsr('CN=school-a', await testKey(kind)))
  expect(read).toMatchObject({ ok: false, message: expect.stringMatching(message) })
})

test.each([
  'CN=School A',
  'CN=school-a, O=Evil',
  'O=school-a',
  'CN=a',
  'CN=school-a+CN=school-b',
  'CN=school_a',
])('the subject %s is refused', async (name) => {
  const read = await readCsr(await testCsr(name, await testKey()))
  expect(read).toMatchObject({ ok: false, message: expect.stringMatching(/subject .*, expected CN=/) })
})

test('a request signed by another key than its own is refused', async () => {
  const [mine, other] = [await testKey(), await testKey()]
  const forged = { keys: { publicKey: other.keys.publicKey, privateKey: mine.keys.privateKey }, pem: '' }
  expect(await readCsr(await testCsr('CN=school-a', forged))).toEqual({
    ok: false,
    message: 'is not signed with its own key',
  })
})

test('whatever bytes come, the answer is words and never an exception', async () => {
  const pem = await testCsr('CN=school-a', await testKey())
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  const wrapped = (bytes: Buffer) =>
    `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`
  for (const text of ['', 'x', '-----BEGIN CERTIFICATE REQUEST-----', wrapped(Buffer.alloc(40))])
    expect((await readCsr(text)).ok).toBe(false)
  for (let at = 0; at < der.length; at++) {
    const damaged = Buffer.from(der)
    damaged[at] = (damaged[at] ?? 0) ^ 0x15
    expect((await readCsr(wrapped(damaged))).ok, `byte ${at}`).toBe(false)
    expect((await readCsr(wrapped(der.subarray(0, at)))).ok, `cut at ${at}`).toBe(false)
  }
})
