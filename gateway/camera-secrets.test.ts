import { expect, test } from 'vitest'
import type { DeviceInstance } from '#gateway/profiles/device-instance.ts'
import { readCameraSecrets } from './camera-secrets.ts'

async function read(...devices: readonly Partial<DeviceInstance>[]) {
  const problems: string[] = []
  const secrets = await readCameraSecrets(
    devices.map((one, i) => ({ id: `cam-${i + 1}`, profile: 'onvif.camera', ...one })),
    {
      read: async (_, file) => `from ${file}`,
      note: (path, message) => problems.push(`${path.join('.')}: ${message}`),
    },
  )
  return { problems, secrets: Object.fromEntries(secrets) }
}

test('a password comes from its file or from where it is written; who has no login has none', async () => {
  expect(
    await read({ username: 'a', passwordFile: 'gate' }, { username: 'b', password: 'secret' }, {}),
  ).toEqual({
    problems: [],
    secrets: {
      'cam-1': { username: 'a', password: 'from gate' },
      'cam-2': { username: 'b', password: 'secret' },
    },
  })
})

test('half a login is said with its place', async () => {
  expect(
    await read({ username: 'a' }, { password: 'x' }, { username: 'c', password: 'x', passwordFile: 'y' }),
  ).toEqual({
    problems: [
      'devices.0: expected either password or passwordFile',
      'devices.1.username: missing; expected the user name of the password',
      'devices.2: expected either password or passwordFile',
    ],
    secrets: {},
  })
})
