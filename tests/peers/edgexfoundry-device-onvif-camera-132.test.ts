/** edgexfoundry/device-onvif-camera#132: the picture of a Hikvision camera is answered with 401. */
import { expect, test } from 'vitest'
import { runCamera } from '../support/running-camera.ts'
import { waitFor } from '../support/wait-for.ts'

const soon = { timeoutMs: 15_000, everyMs: 20 }

test('a picture behind digest authentication is fetched, by an address without the password', async () => {
  await using site = await runCamera({
    profile: 'hikvision.camera',
    camera: { traits: { snapshot: 'wrong-host' } },
  })
  await waitFor(() => expect(site.links).toEqual(['cam-1 up']), soon)
  const { jpeg } = await site.driver.snapshot('cam-1', AbortSignal.timeout(10_000))
  expect([...jpeg.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff])
  const streams = await site.driver.streams('cam-1')
  expect(streams.main?.href).not.toContain('@')
})

test('a picture that is refused all the same is refused once, and the account is not locked by it', async () => {
  await using site = await runCamera({ profile: 'hikvision.camera', camera: { lockAfter: 5 } })
  await waitFor(() => expect(site.links).toEqual(['cam-1 up']), soon)
  site.camera.faults.snapshotRefused = true
  await expect(site.driver.snapshot('cam-1', AbortSignal.timeout(10_000))).rejects.toMatchObject({
    code: 'DEVICE_REFUSED',
    message: expect.stringMatching(/snapshot\.jpg: the user name or the password is not accepted$/),
  })
  await expect(site.driver.snapshot('cam-1', AbortSignal.timeout(10_000))).rejects.toThrow(/not accepted/)
  expect(site.camera.count('GET')).toBe(2)
  expect(site.camera.logins.isLocked).toBe(false)
  expect(site.links).toEqual(['cam-1 up'])
})
