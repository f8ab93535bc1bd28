import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempDisposable, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer } from 'node:tls'
import { expect, test } from 'vitest'
import { createLogger } from '#lib/logger.ts'
import { openTls, type TlsMaterial } from './open-tls.ts'

const log = createLogger({ level: 'silent' })
const now = Date.now()
const day = 86_400_000

function open(folder: string, change: { hostNames?: string[]; now?: number } = {}): Promise<TlsMaterial> {
  return openTls({ config: { hostNames: change.hostNames ?? [] }, folder, now: change.now ?? now, log })
}

/** Resolves when a client that trusts `ca` accepts the server under `host`; rejects with its reason otherwise. */
async function handshake(
  material: TlsMaterial,
  ca: string | undefined,
  servername: string,
  host: string,
): Promise<void> {
  const server = createServer({ key: material.key, cert: material.cert })
  server.on('tlsClientError', () => {})
  server.listen(0, host)
  await once(server, 'listening')
  try {
    const { port } = server.address() as AddressInfo
    const name = servername === '' ? {} : { servername }
    const socket = connect({ host, port, ...name, ...(ca === undefined ? {} : { ca }) })
    await once(socket, 'secureConnect')
    socket.destroy()
  } finally {
    server.close()
  }
}

test('at first start an authority and a certificate are made; clients that trust it connect by name and address', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'tls-'))
  const tls = join(folder.path, 'tls')
  const material = await open(tls, { hostNames: ['cloud.example.edu', '10.1.2.3'] })
  await handshake(material, material.ca, '', '127.0.0.1')
  await handshake(material, material.ca, '', '::1')
  await handshake(material, material.ca, 'localhost', '127.0.0.1')
  await handshake(material, material.ca, 'cloud.example.edu', '127.0.0.1')
  await expect(handshake(material, material.ca, 'other.example.edu', '127.0.0.1')).rejects.toThrow(/altnames/)
  await expect(handshake(material, undefined, '', '127.0.0.1')).rejects.toThrow(/certificate/)
  expect((await readdir(tls)).sort()).toEqual(['ca-key.pem', 'ca.pem', 'server-key.pem', 'server.pem'])
  for (const file of await readdir(tls)) expect((await stat(join(tls, file))).mode & 0o777).toBe(0o600)
  expect(new X509Certificate(material.ca ?? '').ca).toBe(true)
  expect(new X509Certificate(material.cert).ca).toBe(false)
})

test('the next start uses the same files', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'tls-'))
  const first = await open(folder.path, { hostNames: ['a.example', '2001:db8::1'] })
  expect(await open(folder.path, { hostNames: ['2001:DB8::1', 'A.example'] })).toEqual(trimmed(first))
})

test.each([
  ['shortly before it expires', { now: now + 370 * day }],
  ['when host names changed', { hostNames: ['b.example'] }],
])('a new server certificate is made %s, by the same authority', async (_when, change) => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'tls-'))
  const first = await open(folder.path)
  const second = await open(folder.path, change)
  expect(second.cert.trim()).not.toBe(first.cert.trim())
  expect(second.ca?.trim()).toBe(first.ca?.trim())
  expect(new X509Certificate(second.cert).verify(new X509Certificate(first.ca ?? '').publicKey)).toBe(true)
})

test('a lost or damaged server certificate is made anew, a damaged authority is an error', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'tls-'))
  const first = await open(folder.path)
  await rm(join(folder.path, 'server-key.pem'))
  const second = await open(folder.path)
  expect(second.ca?.trim()).toBe(first.ca?.trim())
  await writeFile(join(folder.path, 'server.pem'), 'broken')
  await handshake(await open(folder.path), first.ca, '', '127.0.0.1')
  await rm(join(folder.path, 'ca-key.pem'))
  await expect(open(folder.path)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})

test("the operator's own certificate is taken as it is, and must be complete", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'tls-'))
  await open(folder.path)
  const [certFile, keyFile, caFile] = ['server.pem', 'server-key.pem', 'ca.pem'].map((file) =>
    join(folder.path, file),
  ) as [string, string, string]
  const unused = join(folder.path, 'unused')
  const own = (config: object): Promise<TlsMaterial> =>
    openTls({ config: { hostNames: [], ...config }, folder: unused, now, log })
  expect(await own({ certFile, keyFile, caFile })).toEqual({
    cert: await readFile(certFile, 'utf8'),
    key: await readFile(keyFile, 'utf8'),
    ca: await readFile(caFile, 'utf8'),
    caFile,
  })
  const invalid = { code: 'CONFIG_INVALID' }
  await expect(own({ certFile })).rejects.toMatchObject(invalid)
  await expect(own({ certFile, keyFile: join(folder.path, 'none.pem') })).rejects.toMatchObject(invalid)
  await expect(own({ certFile, keyFile: join(folder.path, 'ca-key.pem') })).rejects.toMatchObject(invalid)
  await expect(readdir(unused)).rejects.toThrow('ENOENT')
})

function trimmed(material: TlsMaterial): TlsMaterial {
  const { cert, key, ca = '', caFile = '' } = material
  return { cert: `${cert}\n`, key: `${key}\n`, ca: `${ca}\n`, caFile }
}
