import 'reflect-metadata'
import { readdir } from 'node:fs/promises'
import { Pkcs10CertificateRequest } from '@peculiar/x509'
import { expect, test } from 'vitest'
import { type Answer, startEnrollingCloud } from '../../tests/support/enrolling-cloud.ts'
import { tempFolder } from '../../tests/support/temp-folder.ts'
import { testCertificate } from '../../tests/support/test-certificate.ts'
import { enrol } from './enrol.ts'
import { IdentityStore } from './identity-store.ts'

const token = 'a one-time token of a test'.replaceAll(' ', '_')

const codeOf = ({ code }: { code: { url: string; caFingerprint: string } }) => ({ ...code, token })

const good = async (gateway = 'school-a'): Promise<Answer> => ({
  status: 200,
  body: JSON.stringify({ gateway, certificate: (await testCertificate()).cert, serial: '1' }),
})

test('an answer that was lost is asked for again with the same key', async () => {
  await using folder = await tempFolder()
  await using cloud = await startEnrollingCloud(['lost', await good()])
  const options = { store: new IdentityStore(folder.path), gateway: 'school-a' }
  await expect(enrol(codeOf(cloud), options)).rejects.toThrow()
  expect((await options.store.load()).identity).toBeUndefined()
  // A new process knows only what is on the disk.
  const store = new IdentityStore(folder.path)
  const identity = await enrol(codeOf(cloud), { ...options, store })
  expect((await store.load()).identity).toEqual(identity)
  expect(identity.ca?.trim()).toBe(cloud.cert.trim())
  expect(await readdir(folder.file('identity'))).toEqual(['identity.json'])
  // The word of the success was lost as well: nobody is asked again.
  expect(await enrol(codeOf(cloud), { ...options, store })).toEqual(identity)
  expect(cloud.asked).toHaveLength(2)
  const keys = cloud.asked.map(({ csr }) => new Pkcs10CertificateRequest(csr).publicKey.toString('hex'))
  expect(cloud.asked.map((one) => one.token)).toEqual([token, token])
  expect(keys[0]).toBe(keys[1])
})

test('a cloud with another fingerprint hears neither token nor key', async () => {
  await using folder = await tempFolder()
  await using cloud = await startEnrollingCloud([await good()])
  const store = new IdentityStore(folder.path)
  const code = { ...codeOf(cloud), caFingerprint: 'ab'.repeat(32) }
  await expect(enrol(code, { store, gateway: 'school-a' })).rejects.toMatchObject({
    code: 'WRONG_FINGERPRINT',
    message: expect.stringContaining('somebody stands in between'),
  })
  expect(cloud.asked).toEqual([])
  await expect(readdir(folder.file('identity'))).rejects.toThrow('ENOENT')
})

test('the right fingerprint under a wrong name is no cloud either', async () => {
  await using folder = await tempFolder()
  await using cloud = await startEnrollingCloud([await good()], ['other.example'])
  const store = new IdentityStore(folder.path)
  await expect(enrol(codeOf(cloud), { store, gateway: 'school-a' })).rejects.toMatchObject({
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  })
  expect(cloud.asked).toEqual([])
})

test.each([
  [403, '{"code":"ENROLMENT_REFUSED","message":"the token has expired"}', true, /the token has expired/],
  [400, '{"code":"BAD_REQUEST","message":"body/csr is wrong"}', true, /body\/csr/],
  [429, '{"code":"RATE_LIMITED","message":"wait"}', false, /wait/],
  [503, '{"code":"STORE_UNAVAILABLE","message":"disk full"}', false, /disk full/],
  [404, '<html>nginx</html>', false, /no cloud \(HTTP 404\)/],
  [200, '{}', false, /no certificate of this gateway/],
  [200, '{"gateway":"school-b","certificate":""}', false, /no certificate of this gateway/],
] as const)('the answer %s %s is told as it is', async (status, body, isFinal, message) => {
  await using folder = await tempFolder()
  await using cloud = await startEnrollingCloud([{ status, body }])
  const store = new IdentityStore(folder.path)
  const tried = enrol(codeOf(cloud), { store, gateway: 'school-a' })
  await expect(tried).rejects.toMatchObject({ isFinal, message: expect.stringMatching(message) })
  expect((await store.load()).identity).toBeUndefined()
})
