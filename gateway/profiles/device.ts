import type { LocalText } from '#contract/text.ts'
import type { BitOrder, ModbusTable, RegisterType } from './modbus.ts'
import type { Step } from './pipeline-values.ts'
import type { PointKind, Scalar } from './point.ts'
import type { Profile } from './profile.ts'
import type { SimHint } from './sim-hints.ts'

/** A profile applied to one installed device: every template is expanded, every parameter filled in, every duration in ms. */
export type Device = ModbusDevice | MqttDevice | OnvifDevice

/** One point of a device. `From` says where it is read, `To` where it is written, in the words of the protocol. */
export type ResolvedPoint<From = unknown, To = unknown> = {
  /** `<point>` or `<part>/<point>`, unique in the device. */
  readonly id: string
  readonly kind: PointKind
  /** Canonical unit in UCUM; `1` where there is none. */
  readonly unit: string
  readonly title: LocalText
  readonly confidence: 'high' | 'medium' | 'low'
  /** Low confidence and not yet confirmed at this device by a person: read for a commissioning check alone, reported to nobody. */
  readonly hidden?: true
  /** Absent for a point that can only be written. */
  readonly from?: From
  /** From the raw value to the canonical one, in the fixed order; see `pipeline-values.ts`. */
  readonly steps: readonly Step[]
  readonly report: ReportRule
  /** Polled protocols: how often it is read; `once` points have none. */
  readonly pollMs?: number
  /** The gateway reports the point stale when no reading of it arrived for this long. */
  readonly staleAfterMs?: number
  readonly write?: ResolvedWrite<To>
  /** How a simulator should move it. The gateway never looks at this. */
  readonly sim?: SimHint
}

export type ReportRule = {
  /** A number is reported when it moved by at least this much since it was last reported. */
  readonly deadband: number
  readonly minIntervalMs: number
  /** Heartbeat: a reading that arrives this long after the last reported one is reported even if unchanged. */
  readonly maxIntervalMs: number
  /** False: changes alone are not worth a report, only the heartbeat is. */
  readonly onChange: boolean
}

export type ResolvedWrite<To = unknown> = {
  readonly to: To
  /** Pairs canonical → sent, where the device wants literals. */
  readonly values?: readonly (readonly [canonical: Scalar, sent: unknown])[]
  readonly range?: { readonly min: number; readonly max: number; readonly step?: number }
  readonly options?: readonly string[]
  /** Absent where the device cannot be asked afterwards. */
  readonly readback?: {
    readonly withinMs: number
    readonly tolerance: number
    readonly point: string
    /** False: the next regular reading is waited for; nothing is asked for the sake of the write. */
    readonly pollNow?: boolean
  }
  readonly minIntervalMs: number
  /** The value may move by at most this much a second (canonical unit); commands send steps on the way. */
  readonly rampMaxPerS?: number
  /** Written when the wanted value could not be verified; absent: nothing. */
  readonly onFail?: Scalar
  readonly risk: 'low' | 'medium' | 'high'
  readonly role?: string
}

/** A default of the profile, in the words of the profile language, durations in ms. */
export type ResolvedAlarm = {
  readonly id: string
  readonly point: string
  readonly when:
    | { readonly above: number }
    | { readonly below: number }
    | { readonly equals: Scalar }
    | { readonly notEquals: Scalar }
    | { readonly staleMs: number }
    | { readonly deltaAbove: number }
  readonly forMs: number
  readonly category?: string
  /** How often an alarm that is still on is told again; absent: once. */
  readonly repeatMs?: number
  readonly clear?: {
    readonly above?: number
    readonly below?: number
    readonly equals?: Scalar
    readonly forMs?: number
  }
  readonly severity: 'info' | 'minor' | 'major' | 'critical'
  readonly latch: boolean
  readonly lifeSafety: boolean
  readonly text?: LocalText
}

type DeviceBase = {
  /** `^[a-z0-9][a-z0-9-]{1,62}$`, unique in the gateway. */
  readonly id: string
  /** With the overlay of its variant, where it has one. */
  readonly profile: Profile
  readonly variant?: string
  readonly title: LocalText
  readonly location?: LocalText
  readonly vendor: string
  readonly model: string
  readonly category: string
  /** Failed attempts in a row before the link counts as down, and good ones before it is up again. */
  readonly failAfter: number
  readonly recoverAfter: number
  /** Nothing at all from the device for this long means its link is down. */
  readonly silenceMs?: number
  /** Alarm defaults of the profile for the points that this device has. */
  readonly alarms: readonly ResolvedAlarm[]
}

/** Where a value lies in a Modbus device. `count` is its width: registers, or 1 for a coil or a discrete input. */
export type ModbusSource = {
  readonly table: ModbusTable
  readonly addr: number
  readonly type: RegisterType
  readonly order: BitOrder
  readonly count: number
  readonly bits?: { readonly pos: number; readonly len: number }
  /** Half of a register that holds two values. */
  readonly byte?: 'hi' | 'lo'
}

export type ModbusTarget = ModbusSource & { readonly fc: 5 | 6 | 15 | 16 }
export type ModbusPoint = ResolvedPoint<ModbusSource, ModbusTarget> & {
  /** The factor stands in another register of the device, which is read at connect; the raw value is multiplied by it. */
  readonly scaleFrom?: {
    readonly source: ModbusSource
    readonly map: readonly (readonly [raw: number, factor: number])[]
  }
}

/** What one read request may look like. */
export type ReadLimits = {
  readonly maxRegs: number
  readonly maxBits: number
  readonly maxGap: number
  readonly maxBitGap: number
  readonly align: number
  readonly evenCount: boolean
}

export type ModbusTiming = {
  readonly timeoutMs: number
  readonly retries: number
  /** Silence on the line before a request to this unit. */
  readonly gapMs: number
  /** Silence after its answer, before anybody is asked. */
  readonly turnaroundMs: number
  /** After connecting, the unit is left alone for this long. */
  readonly warmupMs: number
}

/** Points that lie in it are read by exactly this request. */
export type ReadGroup = {
  readonly table: ModbusTable
  readonly start: number
  readonly count: number
  readonly atomic: boolean
}

/** A register that tells whether this is the device, and the setting, the profile was written for. */
export type ModbusIdentity = ModbusSource & { readonly accepts: readonly number[]; readonly why: string }

/** A one-time setting the profile depends on. Checked at connect and told; written only where the installation consented. */
export type ModbusSetup = ModbusTarget & {
  readonly expect: number
  readonly write: number
  readonly consented: boolean
  readonly why: string
}

export type ModbusDevice = DeviceBase & {
  readonly protocol: 'modbus'
  readonly address: {
    /** Id of the bus in the gateway's configuration. */
    readonly bus: string
    readonly unit: number
    readonly limits: ReadLimits
    readonly timing: ModbusTiming
    readonly groups: readonly ReadGroup[]
    readonly onIllegal: 'split' | 'drop' | 'fail'
    /** Point to ask a silent unit for; the first block where absent. */
    readonly probe?: string
    readonly identify: readonly ModbusIdentity[]
    readonly setup: readonly ModbusSetup[]
    readonly transports: readonly ('rtu' | 'tcp' | 'rtu_over_tcp')[]
    /** Other variants of the profile that tell themselves by registers: named when `identify` does not fit. */
    readonly otherVariants: readonly { readonly name: string; readonly identify: readonly ModbusIdentity[] }[]
  }
  readonly points: readonly ModbusPoint[]
}

export type MqttSource = {
  /** Id of an entry in `address.topics`. */
  readonly topic: string
  /** RFC 6901 pointer below the topic's `root`. */
  readonly ptr: string
  readonly as: 'number' | 'bool' | 'text'
}

/** `json` may hold the leaves `$value` and `$seq`; every `$param.x` is already filled in. `text` is `$value`. */
export type MqttTarget = {
  readonly topic: string
  readonly qos: 0 | 1
  readonly payload: { readonly json: unknown } | { readonly text: '$value' }
  /** The device's own answer to the message. */
  readonly ack?: {
    readonly topic: string
    /** The answer whose leaf at `ptr` equals this (`$seq`: the number sent) is ours. */
    readonly match?: { readonly ptr: string; readonly equals: Scalar }
    /** Something at this pointer means refused; its text is the reason. */
    readonly errorPtr?: string
    readonly withinMs: number
  }
}
export type MqttPoint = ResolvedPoint<MqttSource, MqttTarget>

export type MqttTopic = {
  readonly id: string
  readonly filter: string
  readonly codec: 'json' | 'text' | 'number' | 'sparkplugb'
  readonly root: string
  readonly require: readonly {
    readonly ptr: string
    readonly exists?: boolean
    readonly equals?: Scalar
    readonly in?: readonly Scalar[]
  }[]
  /** What a broker kept is state and never news; with `use` it is a sign of life as well, with `ignore` it is nothing. */
  readonly retained: 'use' | 'state_only' | 'ignore'
  /** True when a message may leave points out. */
  readonly partial: boolean
  readonly maxBytes: number
  readonly qos: 0 | 1 | 2
}

/** Where a message carries its own time. Further than `maxSkewMs` ahead of our clock counts as no time. */
export type MqttTime = {
  readonly ptr: string
  /** `local`: date and time without an offset, in the gateway's zone. */
  readonly format: 'rfc3339' | 'epoch_ms' | 'epoch_s' | 'local' | 'auto'
  readonly maxSkewMs: number
}

export type MqttAvailability = {
  readonly topic: string
  /** Pointer into a JSON payload; the payload is plain text where absent or where it is not JSON. */
  readonly ptr?: string
  readonly online: readonly (string | boolean)[]
  readonly offline: readonly (string | boolean)[]
}

/** History inside a message: an array at `ptr`, each entry with its own time. Never news, never an alarm. */
export type MqttBackfill = {
  readonly topic: string
  readonly ptr: string
  readonly time: { readonly ptr: string; readonly format: MqttTime['format'] }
  readonly points: readonly { readonly point: string; readonly ptr: string }[]
}

export type MqttDevice = DeviceBase & {
  readonly protocol: 'mqtt'
  readonly address: {
    /** Every `<param>` is filled in. */
    readonly topics: readonly MqttTopic[]
    readonly time?: MqttTime
    readonly dedupe?: { readonly ptr: readonly string[]; readonly windowMs: number }
    readonly availability: readonly MqttAvailability[]
    readonly backfill: readonly MqttBackfill[]
  }
  readonly points: readonly MqttPoint[]
}

/** Which ONVIF event becomes which point. Topic segments without their prefix; `*` is exactly one segment. */
export type OnvifEvent = {
  readonly topic: readonly string[]
  /** Items of the message's source that name the channel or the input; the profile's own list where absent. */
  readonly sourceItems: readonly string[]
  /** Only messages whose source holds these. */
  readonly source: Readonly<Record<string, string>>
  /** The first of these data items that is there is the value. */
  readonly data: readonly string[]
  /** May hold `<source>`. */
  readonly point: string
  readonly mode: 'state' | 'pulse' | 'value'
  /** A state that is not confirmed again falls back after this. */
  readonly holdMs?: number
  readonly ignoreInitialized: boolean
  readonly minIntervalMs: number
}

/** What some cameras do against the standard and none of the other settings says. Each has a test that replays it. */
export const onvifQuirks = [
  /** Its events carry a time that means nothing: they happened when they came. */
  'no_device_time',
  /** Holds an empty pull for longer than it was asked to: its answer is waited for. */
  'ignore_pull_timeout',
  /** Processor usage comes as 0…100 and not as 0…1. */
  'percent_cpu',
  /** Locks the account after few failures, or answers 401 when it is merely busy: tried again later and later. */
  'lockout_backoff',
  /** Says that something began and never that it ended: every state falls back by itself. */
  'only_true',
] as const
export type OnvifQuirk = (typeof onvifQuirks)[number]

/** What fills a point: an entry of the event map, a setting of the picture that is read, or the driver's own knowledge. */
export type OnvifSource =
  | { readonly derived: 'availability' | 'events' | 'clock_offset' | 'event' }
  | { readonly imaging: 'brightness' }
/** A relay output (its token, or its number in the camera's list), a setting of the picture, the moving head. */
export type OnvifTarget =
  | { readonly output: string; readonly mode: 'bistable' | 'monostable' }
  | { readonly imaging: 'brightness' }
  | { readonly ptz: 'preset' | 'move' }
export type OnvifPoint = ResolvedPoint<OnvifSource, OnvifTarget>

/** One camera, or one channel of a recorder. The password is not here: `Secrets` hands it to the driver alone. */
export type OnvifDevice = DeviceBase & {
  readonly protocol: 'onvif'
  readonly address: {
    readonly host: string
    /** Tried in this order. */
    readonly ports: readonly number[]
    /** Channel of a recorder, from 1; absent: whatever the camera sends is its own. */
    readonly channel?: number
    readonly auth: 'digest' | 'wsse' | 'both'
    readonly clockOffset: 'auto' | 'none'
    readonly subscription: {
      readonly pullTimeoutMs: number
      readonly limit: number
      readonly terminationMs: number
      readonly renewBeforeMs: number
      readonly sync: boolean
      readonly host: 'advertised' | 'device'
      readonly restartBackoffMs: readonly [first: number, max: number]
    }
    readonly channels: {
      readonly sourceItems: readonly string[]
      readonly ignoreItems: readonly string[]
      readonly keyItems: readonly string[]
      /** `auto`: tokens are numbered in the order in which the camera lists its video sources. */
      readonly tokenMap: 'auto' | readonly (readonly [token: string, channel: number])[]
    }
    readonly truth: { readonly yes: readonly string[]; readonly no: readonly string[] }
    readonly events: readonly OnvifEvent[]
    readonly snapshot: {
      readonly order: readonly ('onvif' | 'http' | 'rtsp_frame')[]
      readonly httpPaths: readonly string[]
      readonly rewriteHost: boolean
      readonly maxRateMs: number
      readonly timeoutMs: number
    }
    readonly mainStream: 'largest' | 'smallest'
    readonly ptz?: {
      readonly presets: boolean
      readonly goto: boolean
      readonly home: boolean
      readonly continuousMaxS: number
    }
    readonly quirks: readonly OnvifQuirk[]
  }
  readonly points: readonly OnvifPoint[]
}
