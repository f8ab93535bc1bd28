import type { OnvifDevice } from '#gateway/profiles/device.ts'

/** One camera, or the channels of one recorder: what shares an address shares a login and a subscription. */
export type CameraGroup = {
  /** `onvif cam-1` */
  readonly name: string
  readonly devices: readonly OnvifDevice[]
}

/** Devices by the address at which they are reached, in their order. Pure. */
export function groupCameras(devices: readonly OnvifDevice[]): CameraGroup[] {
  const groups = Map.groupBy(devices, ({ address }) => `${address.host} ${address.ports.join(',')}`)
  return [...groups.values()].map((served) => ({ name: `onvif ${served[0]?.id ?? ''}`, devices: served }))
}
