import 'reflect-metadata'
import { spawnSync } from 'node:child_process'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { Pkcs10CertificateRequest } from '@peculiar/x509'
import { expect, test } from 'vitest'
import { describeWith } from '../../tests/support/servers.ts'
import { makeKey, makeRequest } from './make-request.ts'

/** The shortest and the longest id, and lengths around each step of the encoding. */
const names = [2, 3, 30, 31, 32, 33, 62, 63].map((length) => 'a'.repeat(length))

test.each(names)('another implementation reads and verifies the request of %s', async (name) => {
  const key = makeKey()
  const request = new Pkcs10CertificateRequest(makeRequest(name, key))
  expect(request.subject).toBe(`CN=${name}`)
  expect(await request.verify()).toBe(true)
  const publicKey = createPublicKey(createPrivateKey(key)).export({ type: 'spki', format: 'der' })
  expect(Buffer.from(request.publicKey.rawData)).toEqual(publicKey)
})

test('two keys are never the same', () => {
  expect(makeKey()).not.toBe(makeKey())
})

describeWith(['openssl'], 'OpenSSL', () => {
  test.each(names)('reads and verifies the request of %s', (name) => {
    const input = makeRequest(name, makeKey())
    const args = ['req', '-verify', '-noout', '-subject', '-nameopt', 'RFC2253']
    const { stdout, stderr, status } = spawnSync('openssl', args, { input, encoding: 'utf8' })
    expect([status, stdout.trim()], stderr).toEqual([0, `subject=CN=${name}`])
    expect(stderr + stdout).toMatch(/verify OK/)
  })
})
