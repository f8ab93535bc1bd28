import { AppError } from '#contract/errors.ts'
import type { Value } from '#contract/sample.ts'
import type { OnvifDevice, OnvifTarget } from '#gateway/profiles/device.ts'
import type { CameraHead } from './camera-head.ts'
import type { CameraSession } from './camera-session.ts'

export type WriteContext = {
  readonly session: CameraSession
  readonly device: OnvifDevice
  readonly head: CameraHead
}

/** Does it, and gives what the camera shows afterwards where it can be asked; a relay tells its state by an event. */
export async function writeTarget(
  target: OnvifTarget,
  value: Value,
  { session, device, head }: WriteContext,
): Promise<number | undefined> {
  if ('output' in target) {
    if (typeof value !== 'boolean') throw unfit(device, value, 'true or false')
    await session.client.setRelay(await session.relayToken(target.output), value)
    return undefined
  }
  if ('imaging' in target) {
    if (typeof value !== 'number') throw unfit(device, value, 'a number')
    await session.setBrightness(device, value)
    return await session.brightnessOf(device)
  }
  if (typeof value !== 'string') throw unfit(device, value, 'a text')
  const profile = session.streamsOf(device).main?.token
  if (profile === undefined || !session.client.has('ptz')) {
    throw new AppError('DEVICE_REFUSED', `${device.id}: the camera has no moving head`)
  }
  if (target.ptz === 'preset') await head.goto(session.client, profile, value)
  else await head.move(session.client, profile, value)
  return undefined
}

function unfit({ id }: OnvifDevice, value: Value, expected: string): AppError {
  return new AppError('VALUE_OUT_OF_RANGE', `${id}: expected ${expected}, found ${String(value)}`)
}
