import type { CameraState } from './camera-state.ts'
import { type AnswerContext, invalid, notImplemented } from './device-answers.ts'
import type { SoapAnswer, SoapRequest } from './soap.ts'
import { child, escapeXml, textAt } from './xml.ts'

const defaultMoveMs = 10_000

/** The moving head. Its position is what it would be now if it had moved at the commanded speed. */
export const ptzAnswers: Readonly<
  Record<string, (request: SoapRequest, context: AnswerContext) => SoapAnswer>
> = {
  GetNodes: (_, { traits }) =>
    traits.hasPtz
      ? {
          body: '<tptz:GetNodesResponse><tptz:PTZNode token="PTZNode_1" FixedHomePosition="false"><tt:Name>PTZ</tt:Name><tt:MaximumNumberOfPresets>300</tt:MaximumNumberOfPresets><tt:HomeSupported>true</tt:HomeSupported></tptz:PTZNode></tptz:GetNodesResponse>',
        }
      : notImplemented('GetNodes'),
  GetPresets: (_, { state }) => ({
    body: `<tptz:GetPresetsResponse>${[...state.presets]
      .map(
        ([token, { name }]) =>
          `<tptz:Preset token="${escapeXml(token)}"><tt:Name>${escapeXml(name)}</tt:Name></tptz:Preset>`,
      )
      .join('')}</tptz:GetPresetsResponse>`,
  }),
  GotoPreset: ({ body }, { state }) => {
    const token = textAt(body, 'PresetToken') ?? ''
    const preset = state.presets.get(token)
    if (preset === undefined) return invalid('ter:NoToken', `no preset ${token}`)
    stand(state)
    state.position = { ...preset.at }
    return { body: '<tptz:GotoPresetResponse/>' }
  },
  GotoHomePosition: (_, { state }) => {
    stand(state)
    state.position = { x: 0, y: 0, zoom: 0 }
    return { body: '<tptz:GotoHomePositionResponse/>' }
  },
  ContinuousMove: ({ body }, { state }) => {
    stand(state)
    const velocity = child(body, 'Velocity')
    const { x = '0', y = '0' } = child(velocity, 'PanTilt')?.attributes ?? {}
    const zoom = child(velocity, 'Zoom')?.attributes.x ?? '0'
    state.moving = {
      velocity: { x: Number(x), y: Number(y), zoom: Number(zoom) },
      until: Date.now() + (durationMs(textAt(body, 'Timeout')) ?? defaultMoveMs),
    }
    return { body: '<tptz:ContinuousMoveResponse/>' }
  },
  Stop: (_, { state }) => {
    stand(state)
    return { body: '<tptz:StopResponse/>' }
  },
  GetStatus: (_, { state, now }) => {
    const status = isMoving(state) ? 'MOVING' : 'IDLE'
    const { x, y, zoom } = state.position
    return {
      body:
        `<tptz:GetStatusResponse><tptz:PTZStatus><tt:Position><tt:PanTilt x="${x}" y="${y}"/><tt:Zoom x="${zoom}"/></tt:Position>` +
        `<tt:MoveStatus><tt:PanTilt>${status}</tt:PanTilt><tt:Zoom>${status}</tt:Zoom></tt:MoveStatus>` +
        `<tt:UtcTime>${new Date(now).toISOString()}</tt:UtcTime></tptz:PTZStatus></tptz:GetStatusResponse>`,
    }
  },
}

export function isMoving({ moving }: CameraState): boolean {
  return moving !== undefined && Date.now() < moving.until
}

function stand(state: CameraState): void {
  delete state.moving
}

/** `PT30S`, `PT1M`, `PT2M30.5S`. */
export function durationMs(text: string | undefined): number | undefined {
  const found = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?$/.exec(text ?? '')
  if (found === null) return undefined
  const [, hours = '0', minutes = '0', seconds = '0'] = found
  return (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000
}
