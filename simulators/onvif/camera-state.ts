import type { SubscriptionRules } from './subscriptions.ts'

export type MediaProfile = {
  readonly token: string
  readonly source: string
  readonly width: number
  readonly height: number
  readonly encoding: 'H264' | 'H265' | 'JPEG'
}

/** What kind of camera it is; stays the same while it runs. */
export type CameraTraits = {
  readonly manufacturer: string
  readonly model: string
  readonly serial: string
  /** Tokens of the video sources: one for a camera, several for a recorder. */
  readonly sources: readonly string[]
  readonly profiles: readonly MediaProfile[]
  /** Only the first generation of the media service, or the second one too. */
  readonly hasMedia2: boolean
  readonly hasServices: boolean
  /** Tells its services only to who is logged in. */
  readonly hidesServices: boolean
  readonly hasEvents: boolean
  readonly hasPtz: boolean
  readonly hasImaging: boolean
  readonly hasSync: boolean
  readonly relays: readonly string[]
  /** Longest wait of a pull that it accepts; a longer one is a fault. */
  readonly maxPullMs: number
  readonly subscriptions: SubscriptionRules
  /** `relative`: a path without a host. `wrong`: an address inside a network that nobody reaches. */
  readonly subscriptionAddress: 'right' | 'relative' | 'wrong'
  /** Hands out a number that has to come back in the header, and the same path for every subscriber. */
  readonly hasSubscriptionIds: boolean
  readonly snapshot: 'digest' | 'wrong-host' | 'none'
  /** Answers an empty pull at once, whatever timeout was asked for. */
  readonly ignoresPullTimeout: boolean
}

export const plainCamera: CameraTraits = {
  manufacturer: 'Simulated',
  model: 'Dome 1',
  serial: 'SIM-0001',
  sources: ['VideoSource_1'],
  profiles: [
    { token: 'Profile_1', source: 'VideoSource_1', width: 1920, height: 1080, encoding: 'H264' },
    { token: 'Profile_2', source: 'VideoSource_1', width: 640, height: 360, encoding: 'H264' },
  ],
  hasMedia2: false,
  hasServices: true,
  hidesServices: false,
  hasEvents: true,
  hasPtz: true,
  hasImaging: true,
  hasSync: true,
  relays: ['RelayOutput_1', 'RelayOutput_2'],
  maxPullMs: 60_000,
  subscriptions: { max: 8, excess: 'refuse' },
  subscriptionAddress: 'right',
  hasSubscriptionIds: false,
  snapshot: 'digest',
  ignoresPullTimeout: false,
}

/** What can go wrong while it runs; every field may be switched at any time. */
export type CameraFaults = {
  /** Answers every pull, but tells nothing any more. */
  silentEvents: boolean
  /** Takes a pull and never answers it. */
  hangingPulls: boolean
  /** Refuses to make new subscriptions. */
  noSubscriptions: boolean
  /** Every SOAP answer is an HTML page with status 200. */
  garbage: boolean
  /** Every picture is refused with 401, whatever is presented. */
  snapshotRefused: boolean
  /** Connections are cut before anything is said. */
  offline: boolean
  clockOffsetMs: number
}

export function noFaults(): CameraFaults {
  return {
    silentEvents: false,
    hangingPulls: false,
    noSubscriptions: false,
    garbage: false,
    snapshotRefused: false,
    offline: false,
    clockOffsetMs: 0,
  }
}

/** What a client can change. */
export type CameraState = {
  /** 0 to 100, as this camera counts. */
  brightness: number
  /** Token → whether the contact is closed. */
  readonly relays: Map<string, boolean>
  position: { x: number; y: number; zoom: number }
  /** Since when it moves; absent while it stands. */
  moving?: { readonly velocity: { x: number; y: number; zoom: number }; readonly until: number }
  readonly presets: Map<string, { readonly name: string; readonly at: CameraState['position'] }>
}

export function freshState({ relays }: CameraTraits): CameraState {
  return {
    brightness: 50,
    relays: new Map(relays.map((token) => [token, false])),
    position: { x: 0, y: 0, zoom: 0 },
    presets: new Map([
      ['1', { name: 'gate', at: { x: -0.5, y: 0.1, zoom: 0.2 } }],
      ['2', { name: 'yard', at: { x: 0.5, y: 0, zoom: 0 } }],
    ]),
  }
}
