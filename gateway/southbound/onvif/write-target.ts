import { AppError } from '#contract/errors.ts'
import type { OnvifDevice, OnvifPoint } from '#gateway/profiles/device.ts'
import { encodeValue } from '#gateway/profiles/pipeline-values.ts'
import type { Scalar } from '#gateway/profiles/point.ts'
import { type CameraHead, moves } from './camera-head.ts'
import type { CameraSession } from './camera-session.ts'

/** What has to be asked of the camera for a value to come about. */
export type OnvifCall =
  | {
      readonly call: 'SetRelayOutputState'
      readonly args: { readonly output: string; readonly active: boolean }
    }
  | { readonly call: 'SetImagingSettings'; readonly args: { readonly brightness: number } }
  | { readonly call: 'GotoHomePosition' | 'Stop'; readonly args: Readonly<Record<string, never>> }
  | { readonly call: 'GotoPreset'; readonly args: { readonly preset: string } }
  | { readonly call: 'ContinuousMove'; readonly args: { readonly move: string } }
export type EncodedCall =
  | ({ readonly ok: true } & OnvifCall)
  | { readonly ok: false; readonly reason: string }

/** The call for a canonical value, by the point's own pairs or steps. Pure. */
export function callOf(point: OnvifPoint, value: Scalar): EncodedCall {
  const { write } = point
  if (write === undefined) return { ok: false, reason: `${point.id} cannot be written` }
  const pair = write.values?.find(([canonical]) => canonical === value)
  const encoded = pair === undefined ? encodeValue(value, point) : { ok: true as const, raw: pair[1] }
  if (!encoded.ok) return { ok: false, reason: `${point.id}: no way to say ${String(value)}` }
  const { raw } = encoded
  const { to } = write
  if ('output' in to) {
    return typeof raw === 'boolean'
      ? { ok: true, call: 'SetRelayOutputState', args: { output: to.output, active: raw } }
      : unfit(point, raw, 'true or false')
  }
  if ('imaging' in to) {
    return typeof raw === 'number'
      ? { ok: true, call: 'SetImagingSettings', args: { brightness: raw } }
      : unfit(point, raw, 'a number')
  }
  if (typeof raw !== 'string' || raw === '') return unfit(point, raw, 'a text')
  return to.ptz === 'preset' ? presetCall(raw) : moveCall(point, raw)
}

function presetCall(preset: string): EncodedCall {
  return preset === 'home'
    ? { ok: true, call: 'GotoHomePosition', args: {} }
    : { ok: true, call: 'GotoPreset', args: { preset } }
}

function moveCall(point: OnvifPoint, move: string): EncodedCall {
  if (move === 'stop') return { ok: true, call: 'Stop', args: {} }
  return Object.hasOwn(moves, move)
    ? { ok: true, call: 'ContinuousMove', args: { move } }
    : unfit(point, move, [...Object.keys(moves), 'stop'].join(', '))
}

export type WriteContext = {
  readonly session: CameraSession
  readonly device: OnvifDevice
  readonly head: CameraHead
}

/** Does it, and gives what the camera shows afterwards where it can be asked; a relay tells its state by an event. */
export async function makeCall(
  asked: OnvifCall,
  { session, device, head }: WriteContext,
): Promise<number | undefined> {
  const { client } = session
  switch (asked.call) {
    case 'SetRelayOutputState':
      await client.setRelay(await session.relayToken(asked.args.output), asked.args.active)
      return undefined
    case 'SetImagingSettings':
      await session.setBrightness(device, asked.args.brightness)
      return await session.brightnessOf(device)
    case 'GotoHomePosition':
      await head.home(client, headOf(session, device))
      return undefined
    case 'GotoPreset':
      await head.goto(client, headOf(session, device), asked.args.preset)
      return undefined
    case 'Stop':
      await head.stop(client, headOf(session, device))
      return undefined
    case 'ContinuousMove':
      await head.move(client, headOf(session, device), asked.args.move)
      return undefined
  }
}

/** Token of the profile whose head moves. */
function headOf(session: CameraSession, device: OnvifDevice): string {
  const profile = session.streamsOf(device).main?.token
  if (profile !== undefined && session.client.has('ptz')) return profile
  throw new AppError('DEVICE_REFUSED', `${device.id}: the camera has no moving head`)
}

function unfit({ id }: OnvifPoint, raw: unknown, expected: string): EncodedCall {
  return { ok: false, reason: `${id}: expected ${expected}, found ${String(raw)}` }
}
