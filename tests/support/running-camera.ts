import type { OnvifDevice } from '#gateway/profiles/device.ts'
import { loadProfiles } from '#gateway/profiles/load-profiles.ts'
import { resolveDevice } from '#gateway/profiles/resolve.ts'
import type { Reading } from '#gateway/southbound/driver.ts'
import { OnvifDriver } from '#gateway/southbound/onvif/onvif-driver.ts'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { type CameraOptions, CameraSimulator } from '#simulators/onvif/camera-simulator.ts'
import { repository } from './program.ts'

export type RunCamera = {
  /** Id of a profile of the repository. */
  readonly profile: string
  readonly camera?: CameraOptions
  readonly params?: Readonly<Record<string, number | string | number[]>>
  /** A recorder's channels; absent: one camera. */
  readonly channels?: readonly number[]
  /** Shorter times than the profile's: a test does not wait for minutes. */
  readonly subscription?: Partial<OnvifDevice['address']['subscription']>
  readonly silenceMs?: number
}

/** A simulated camera and the driver on it, with the profile as it is shipped. */
export async function runCamera(options: RunCamera) {
  const camera = await CameraSimulator.start(options.camera)
  const { profiles } = loadProfiles(`${repository}/device-profiles`)
  const profile = profiles.get(options.profile)
  if (profile === undefined) throw new Error(`no profile ${options.profile}`)
  const devices = (options.channels ?? [undefined]).map((channel) => {
    const id = channel === undefined ? 'cam-1' : `cam-${channel}`
    const where = { host: camera.host, port: camera.port, ...(channel === undefined ? {} : { channel }) }
    const resolved = resolveDevice(profile, {
      id,
      profile: profile.id,
      params: { ...options.params },
      ...where,
    })
    if (!resolved.ok || resolved.device.protocol !== 'onvif') throw new Error(JSON.stringify(resolved))
    const { device } = resolved
    const subscription = { ...device.address.subscription, ...options.subscription }
    const silence = options.silenceMs === undefined ? {} : { silenceMs: options.silenceMs }
    return { ...device, ...silence, address: { ...device.address, subscription } }
  })
  const readings: Reading[] = []
  const links: string[] = []
  const lines: string[] = []
  const troubles: string[] = []
  const driver = new OnvifDriver(
    { credentials: { username: 'admin', password: options.camera?.password ?? 'camera-password' } },
    {
      devices,
      clock: systemClock,
      log: createLogger({ level: 'info' }, { write: (line) => void lines.push(line) }),
      report: (some) => readings.push(...some),
      link: (device, state, reason) => links.push(`${device} ${state}${reason ? `: ${reason}` : ''}`),
      trouble: (device, { kind, place, text }) => troubles.push(`${device}: ${kind} ${place}: ${text}`),
    },
  )
  const stop = new AbortController()
  const running = driver.run(stop.signal)
  return {
    ...{ camera, driver, readings, links, lines, troubles },
    values: (point: string, device = 'cam-1') =>
      readings.filter((one) => one.point === point && one.device === device).map(({ value }) => value),
    last: (point: string, device = 'cam-1') =>
      readings.findLast((one) => one.point === point && one.device === device),
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
      await camera[Symbol.asyncDispose]()
    },
  }
}
