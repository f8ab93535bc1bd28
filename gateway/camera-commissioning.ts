import type { OnvifDevice } from '#gateway/profiles/device.ts'
import type { DeviceInstance } from '#gateway/profiles/device-instance.ts'
import type { Probed } from '#gateway/southbound/driver.ts'
import type { Proposal } from '#gateway/southbound/proposal.ts'
import { systemClock } from '#lib/clock.ts'
import type { CameraCredentials } from './camera-secrets.ts'
import type { GatewaySetup } from './load-gateway.ts'
import type { ProfileSurvey } from './profile-survey.ts'

const listenMs = 2_500

/** Cameras that say they are there and that nobody added. Loads the protocol only when somebody asks. */
export async function findCameras(
  { config, devices }: GatewaySetup,
  profiles: ProfileSurvey['cameras'],
  signal: AbortSignal,
): Promise<readonly Proposal[]> {
  const { discoverCameras } = await import('#gateway/southbound/onvif/discover-cameras.ts')
  const { interface: address } = config.cameras
  const found = await discoverCameras(
    {
      ...{ timeoutMs: listenMs, clock: systemClock, profiles },
      ...(address === undefined ? {} : { interface: address }),
    },
    signal,
  )
  const known = new Set(devices.flatMap((one) => (one.protocol === 'onvif' ? one.address.host : [])))
  return found.filter(({ instance }) => !known.has(instance.host ?? ''))
}

export type CameraCandidate = {
  readonly device: OnvifDevice
  readonly instance: DeviceInstance
  /** As typed in; absent when a camera that is served already is looked at again. */
  readonly password?: string
}

/** Logs in once at a camera that need not be configured yet. A stored password only ever goes to where it belongs. */
export async function probeCandidate(
  { secrets, devices }: GatewaySetup,
  { device, instance, password }: CameraCandidate,
  signal: AbortSignal,
): Promise<Probed> {
  const { probeCamera } = await import('#gateway/southbound/onvif/probe-camera.ts')
  const served = devices.find((one) => one.protocol === 'onvif' && one.address.host === device.address.host)
  const stored = served === undefined ? undefined : secrets.cameras.get(served.id)
  const anonymous: CameraCredentials = { username: '', password: '' }
  const typed = password === undefined ? undefined : { username: instance.username ?? '', password }
  const isSame = instance.username === undefined || instance.username === stored?.username
  const credentials = typed ?? (isSame ? stored : undefined) ?? anonymous
  return await probeCamera(device, { credentials, clock: systemClock, signal })
}
