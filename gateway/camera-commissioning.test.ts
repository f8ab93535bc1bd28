import { expect, test } from 'vitest'
import type { OnvifDevice } from '#gateway/profiles/device.ts'
import { loadProfiles } from '#gateway/profiles/load-profiles.ts'
import { resolveDevice } from '#gateway/profiles/resolve.ts'
import { CameraSimulator } from '#simulators/onvif/camera-simulator.ts'
import { DiscoveryResponder } from '#simulators/onvif/discovery-responder.ts'
import { findCameras, probeCandidate } from './camera-commissioning.ts'
import type { GatewaySetup } from './load-gateway.ts'

const library = loadProfiles(new URL('../device-profiles', import.meta.url).pathname)

function cameraAt(host: string, port: number): OnvifDevice {
  const profile = library.profiles.get('onvif.camera')
  if (profile === undefined) throw new Error('no profile onvif.camera')
  const resolved = resolveDevice(profile, { id: 'cam-1', profile: profile.id, host, port })
  if (!resolved.ok || resolved.device.protocol !== 'onvif') throw new Error(JSON.stringify(resolved))
  return resolved.device
}

/** As much of a setup as these two look at. */
function setupOf(devices: readonly OnvifDevice[], password?: string): GatewaySetup {
  const cameras = new Map(
    password === undefined ? [] : devices.map(({ id }) => [id, { username: 'admin', password }]),
  )
  return {
    config: { cameras: { interface: '127.0.0.1' } },
    devices,
    secrets: { credentials: [], cameras },
  } as unknown as GatewaySetup
}

const instance = { id: 'new', profile: 'onvif.camera', username: 'admin' }
const signal = () => AbortSignal.timeout(20_000)

test('cameras that nobody added are found; those of the configuration are not said again', async () => {
  await using camera = await CameraSimulator.start({ traits: { serial: 'commissioning' } })
  await using _ = await DiscoveryResponder.start({ cameras: [camera], port: 3702 })
  const profiles = [{ id: 'onvif.camera', vendor: 'generic' }]
  const keys = async (setup: GatewaySetup) =>
    (await findCameras(setup, profiles, signal())).map(({ key }) => key)
  expect(await keys(setupOf([]))).toContain('urn:uuid:commissioning')
  expect(await keys(setupOf([cameraAt('127.0.0.1', camera.port)]))).not.toContain('urn:uuid:commissioning')
}, 20_000)

test('a camera is tried with the password that was typed in', async () => {
  await using camera = await CameraSimulator.start({ password: 'typed' })
  const device = cameraAt('127.0.0.1', camera.port)
  const probed = await probeCandidate(setupOf([]), { device, instance, password: 'typed' }, signal())
  expect(probed.identity?.text).toBe('Simulated Dome 1 V5.7.3')
  const wrong = probeCandidate(setupOf([]), { device, instance, password: 'wrong' }, signal())
  await expect(wrong).rejects.toMatchObject({ code: 'DEVICE_REFUSED' })
})

test('a stored password goes to the camera it belongs to, and to no other address', async () => {
  await using camera = await CameraSimulator.start({ password: 'stored' })
  const known = cameraAt('127.0.0.1', camera.port)
  await probeCandidate(setupOf([known], 'stored'), { device: known, instance }, signal())

  await using stranger = await CameraSimulator.start({ password: 'stored', host: '127.0.0.2' })
  const other = cameraAt('127.0.0.2', stranger.port)
  const asked = probeCandidate(setupOf([known], 'stored'), { device: other, instance }, signal())
  await expect(asked).rejects.toMatchObject({ code: 'DEVICE_REFUSED' })
})
