import type { CameraState, CameraTraits, MediaProfile } from './camera-state.ts'
import type { SoapAnswer, SoapRequest } from './soap.ts'
import { escapeXml, textAt } from './xml.ts'

export type AnswerContext = {
  readonly traits: CameraTraits
  readonly state: CameraState
  /** `http://127.0.0.1:8080`, as the client reached it. */
  readonly origin: string
  readonly host: string
  readonly port: number
  /** What the camera believes the time is. */
  readonly now: number
}

type Answers = Readonly<Record<string, (request: SoapRequest, context: AnswerContext) => SoapAnswer>>

/** Everything but events: one entry per operation. A request for anything else is a fault, as from a real camera. */
export const deviceAnswers: Answers = {
  GetSystemDateAndTime: (_, { now }) => ({ body: systemTime(new Date(now)) }),
  GetServices: (_, context) =>
    context.traits.hasServices ? { body: services(context) } : notImplemented('GetServices'),
  GetCapabilities: (_, context) => ({ body: capabilities(context) }),
  GetDeviceInformation: (_, { traits }) => ({
    body:
      `<tds:GetDeviceInformationResponse><tds:Manufacturer>${traits.manufacturer}</tds:Manufacturer>` +
      `<tds:Model>${traits.model}</tds:Model><tds:FirmwareVersion>V5.7.3</tds:FirmwareVersion>` +
      `<tds:SerialNumber>${traits.serial}</tds:SerialNumber><tds:HardwareId>1</tds:HardwareId>` +
      '</tds:GetDeviceInformationResponse>',
  }),
  GetScopes: (_, { traits }) => ({
    body: `<tds:GetScopesResponse>${scopesOf(traits)
      .map(
        (scope) =>
          `<tds:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef><tt:ScopeItem>${scope}</tt:ScopeItem></tds:Scopes>`,
      )
      .join('')}</tds:GetScopesResponse>`,
  }),
  GetProfiles: (request, { traits }) => ({
    body: isMedia2(request)
      ? `<tr2:GetProfilesResponse>${traits.profiles.map((one) => profile2(one, traits)).join('')}</tr2:GetProfilesResponse>`
      : `<trt:GetProfilesResponse>${traits.profiles.map((one) => profile1(one, traits)).join('')}</trt:GetProfilesResponse>`,
  }),
  GetVideoSources: (_, { traits }) => ({
    body: `<trt:GetVideoSourcesResponse>${traits.sources
      .map(
        (token) =>
          `<trt:VideoSources token="${token}"><tt:Framerate>25</tt:Framerate><tt:Resolution><tt:Width>1920</tt:Width><tt:Height>1080</tt:Height></tt:Resolution></trt:VideoSources>`,
      )
      .join('')}</trt:GetVideoSourcesResponse>`,
  }),
  GetStreamUri: (request, context) =>
    withProfile(request, context, (profile) =>
      uri(request, 'GetStreamUri', `rtsp://${context.host}:554/${profile.token}`),
    ),
  GetSnapshotUri: (request, context) => {
    const { snapshot } = context.traits
    if (snapshot === 'none') return notImplemented('GetSnapshotUri')
    const origin = snapshot === 'wrong-host' ? `http://0.0.0.0:${context.port}` : context.origin
    return withProfile(request, context, ({ token }) =>
      uri(request, 'GetSnapshotUri', `${origin}/snapshot.jpg?profile=${token}`),
    )
  },
  GetRelayOutputs: (_, { traits }) => ({
    body: `<tds:GetRelayOutputsResponse>${traits.relays
      .map(
        (token) =>
          `<tds:RelayOutputs token="${token}"><tt:Properties><tt:Mode>Bistable</tt:Mode><tt:DelayTime>PT0S</tt:DelayTime><tt:IdleState>open</tt:IdleState></tt:Properties></tds:RelayOutputs>`,
      )
      .join('')}</tds:GetRelayOutputsResponse>`,
  }),
  SetRelayOutputState: ({ body }, { state }) => {
    const token = textAt(body, 'RelayOutputToken') ?? ''
    if (!state.relays.has(token)) return invalid('ter:RelayToken', `no relay output ${token}`)
    state.relays.set(token, textAt(body, 'LogicalState') === 'active')
    return { body: '<tds:SetRelayOutputStateResponse/>' }
  },
  GetImagingSettings: (_, { traits, state }) =>
    traits.hasImaging
      ? {
          body:
            '<timg:GetImagingSettingsResponse><timg:ImagingSettings>' +
            `<tt:Brightness>${state.brightness}</tt:Brightness><tt:ColorSaturation>50</tt:ColorSaturation>` +
            '<tt:Contrast>50</tt:Contrast></timg:ImagingSettings></timg:GetImagingSettingsResponse>',
        }
      : notImplemented('GetImagingSettings'),
  SetImagingSettings: ({ body }, { state }) => {
    const brightness = textAt(body, 'ImagingSettings', 'Brightness')
    if (brightness === undefined) return invalid('ter:SettingsInvalid', 'no setting in the request')
    if (!(Number(brightness) >= 0 && Number(brightness) <= 100))
      return invalid('ter:SettingsInvalid', 'brightness is out of range')
    state.brightness = Number(brightness)
    return { body: '<timg:SetImagingSettingsResponse/>' }
  },
  GetOptions: () => ({
    body: '<timg:GetOptionsResponse><timg:ImagingOptions><tt:Brightness><tt:Min>0</tt:Min><tt:Max>100</tt:Max></tt:Brightness></timg:ImagingOptions></timg:GetOptionsResponse>',
  }),
}

/** What discovery and GetScopes tell. */
export function scopesOf({ manufacturer, model }: CameraTraits): readonly string[] {
  return [
    'onvif://www.onvif.org/type/video_encoder',
    'onvif://www.onvif.org/Profile/Streaming',
    `onvif://www.onvif.org/name/${encodeURIComponent(`${manufacturer} ${model}`)}`,
    `onvif://www.onvif.org/hardware/${encodeURIComponent(model)}`,
  ]
}

export function notImplemented(operation: string): SoapAnswer {
  return { fault: 'ter:ActionNotSupported', reason: `Optional Action Not Implemented: ${operation}` }
}

export function invalid(fault: string, reason: string): SoapAnswer {
  return { fault, reason: escapeXml(reason), status: 400 }
}

/** The same words mean different answers in the two generations of the media service. */
function isMedia2({ path }: SoapRequest): boolean {
  return path.endsWith('/media2')
}

function withProfile(
  request: SoapRequest,
  { traits }: AnswerContext,
  answer: (profile: MediaProfile) => SoapAnswer,
): SoapAnswer {
  const token = textAt(request.body, 'ProfileToken')
  const profile = traits.profiles.find((one) => one.token === token)
  return profile === undefined ? invalid('ter:NoProfile', `no profile ${token}`) : answer(profile)
}

function uri(request: SoapRequest, operation: string, address: string): SoapAnswer {
  const text = escapeXml(address)
  return {
    body: isMedia2(request)
      ? `<tr2:${operation}Response><tr2:Uri>${text}</tr2:Uri></tr2:${operation}Response>`
      : `<trt:${operation}Response><trt:MediaUri><tt:Uri>${text}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>` +
        `<tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:${operation}Response>`,
  }
}

function systemTime(at: Date): string {
  const time =
    `<tt:Time><tt:Hour>${at.getUTCHours()}</tt:Hour><tt:Minute>${at.getUTCMinutes()}</tt:Minute>` +
    `<tt:Second>${at.getUTCSeconds()}</tt:Second></tt:Time>`
  const date =
    `<tt:Date><tt:Year>${at.getUTCFullYear()}</tt:Year><tt:Month>${at.getUTCMonth() + 1}</tt:Month>` +
    `<tt:Day>${at.getUTCDate()}</tt:Day></tt:Date>`
  return (
    '<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>' +
    `<tt:DaylightSavings>false</tt:DaylightSavings><tt:TimeZone><tt:TZ>CST-8</tt:TZ></tt:TimeZone>` +
    `<tt:UTCDateTime>${time}${date}</tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`
  )
}

type Service = { readonly namespace: string; readonly path: string; readonly category: string }

function servicesOf({ hasMedia2, hasEvents, hasPtz, hasImaging, relays }: CameraTraits): readonly Service[] {
  const service = (version: string, name: string, category: string): Service => ({
    namespace: `http://www.onvif.org/${version}/${name}/wsdl`,
    path: version === 'ver20' && name === 'media' ? '/onvif/media2' : `/onvif/${name}`,
    category,
  })
  return [
    { ...service('ver10', 'device', 'Device'), path: '/onvif/device_service' },
    service('ver10', 'media', 'Media'),
    ...(hasMedia2 ? [service('ver20', 'media', '')] : []),
    ...(hasEvents ? [service('ver10', 'events', 'Events')] : []),
    ...(hasPtz ? [service('ver20', 'ptz', 'PTZ')] : []),
    ...(hasImaging ? [service('ver20', 'imaging', 'Imaging')] : []),
    ...(relays.length > 0 ? [service('ver10', 'deviceIO', '')] : []),
  ]
}

function services({ traits, origin }: AnswerContext): string {
  const all = servicesOf(traits).map(
    ({ namespace, path }) =>
      `<tds:Service><tds:Namespace>${namespace}</tds:Namespace><tds:XAddr>${origin}${path}</tds:XAddr>` +
      '<tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>',
  )
  return `<tds:GetServicesResponse>${all.join('')}</tds:GetServicesResponse>`
}

function capabilities({ traits, origin }: AnswerContext): string {
  const all = servicesOf(traits)
    .filter(({ category }) => category !== '')
    .map(
      ({ category, path }) =>
        `<tt:${category}><tt:XAddr>${origin}${path}</tt:XAddr>` +
        `${category === 'Events' ? '<tt:WSPullPointSupport>true</tt:WSPullPointSupport>' : ''}</tt:${category}>`,
    )
  return `<tds:GetCapabilitiesResponse><tds:Capabilities>${all.join('')}</tds:Capabilities></tds:GetCapabilitiesResponse>`
}

function videoSource({ source }: MediaProfile): string {
  return `<tt:Name>${source}</tt:Name><tt:UseCount>2</tt:UseCount><tt:SourceToken>${source}</tt:SourceToken><tt:Bounds x="0" y="0" width="1920" height="1080"/>`
}

function encoder({ encoding, width, height }: MediaProfile): string {
  return (
    `<tt:Name>${encoding}</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>${encoding}</tt:Encoding>` +
    `<tt:Resolution><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height></tt:Resolution><tt:Quality>4</tt:Quality>` +
    '<tt:RateControl><tt:FrameRateLimit>25</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval><tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl>'
  )
}

function profile1(one: MediaProfile, { hasPtz }: CameraTraits): string {
  const ptz = hasPtz
    ? '<tt:PTZConfiguration token="PTZ_1"><tt:Name>PTZ</tt:Name><tt:UseCount>2</tt:UseCount><tt:NodeToken>PTZNode_1</tt:NodeToken></tt:PTZConfiguration>'
    : ''
  return (
    `<trt:Profiles token="${one.token}" fixed="true"><tt:Name>${one.token}</tt:Name>` +
    `<tt:VideoSourceConfiguration token="${one.source}Config">${videoSource(one)}</tt:VideoSourceConfiguration>` +
    `<tt:VideoEncoderConfiguration token="Encoder_${one.token}">${encoder(one)}</tt:VideoEncoderConfiguration>${ptz}</trt:Profiles>`
  )
}

function profile2(one: MediaProfile, { hasPtz }: CameraTraits): string {
  const ptz = hasPtz
    ? '<tr2:PTZ token="PTZ_1"><tt:Name>PTZ</tt:Name><tt:NodeToken>PTZNode_1</tt:NodeToken></tr2:PTZ>'
    : ''
  return (
    `<tr2:Profiles token="${one.token}" fixed="true"><tr2:Name>${one.token}</tr2:Name><tr2:Configurations>` +
    `<tr2:VideoSource token="${one.source}Config">${videoSource(one)}</tr2:VideoSource>` +
    `<tr2:VideoEncoder token="Encoder_${one.token}">${encoder(one)}</tr2:VideoEncoder>${ptz}</tr2:Configurations></tr2:Profiles>`
  )
}
