import { X509Certificate } from 'node:crypto'
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createLogger } from '#lib/logger.ts'
import { tempFolder } from '../../tests/support/temp-folder.ts'
import { openGatewayAuthority } from './gateway-authority.ts'
import { openTls } from './open-tls.ts'

const log = createLogger({ level: 'silent' })
const now = Date.now()

test('it is made once, for its owner only, and is another than that of the cloud', async () => {
  await using folder = await tempFolder()
  const tls = folder.file('tls')
  const { ca = '' } = await openTls({ config: { hostNames: [] }, folder: tls, now, log })
  const authority = await openGatewayAuthority({ folder: tls, now, log })
  expect((await openGatewayAuthority({ folder: tls, now, log })).cert.trim()).toBe(authority.cert.trim())
  expect(new X509Certificate(authority.cert).ca).toBe(true)
  expect(new X509Certificate(authority.cert).verify(new X509Certificate(ca).publicKey)).toBe(false)
  const files = (await readdir(tls)).filter((name) => name.startsWith('gateway-ca'))
  expect(files.sort()).toEqual(['gateway-ca-key.pem', 'gateway-ca.pem'])
  for (const file of files) expect((await stat(join(tls, file))).mode & 0o777).toBe(0o600)
})

test.each(['gateway-ca.pem', 'gateway-ca-key.pem'])(
  'without %s it is not made anew in silence',
  async (file) => {
    await using folder = await tempFolder()
    await openGatewayAuthority({ folder: folder.path, now, log })
    await rm(folder.file(file))
    await expect(openGatewayAuthority({ folder: folder.path, now, log })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('every gateway has to be enrolled anew'),
    })
  },
)
