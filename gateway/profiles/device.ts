import type { LocalText } from '#contract/text.ts'
import type { BitOrder, ModbusTable, RegisterType } from './modbus.ts'
import type { Step } from './pipeline-values.ts'
import type { PointKind, Scalar } from './point.ts'
import type { Profile } from './profile.ts'
import type { SimHint } from './sim-hints.ts'

/** A profile applied to one installed device: every template is expanded, every parameter filled in, every duration in ms. */
export type Device = ModbusDevice | MqttDevice

/** One point of a device. `From` says where it is read, `To` where it is written, in the words of the protocol. */
export type ResolvedPoint<From = unknown, To = unknown> = {
  /** `<point>` or `<part>/<point>`, unique in the device. */
  readonly id: string
  readonly kind: PointKind
  /** Canonical unit in UCUM; `1` where there is none. */
  readonly unit: string
  readonly title: LocalText
  readonly confidence: 'high' | 'medium' | 'low'
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
  readonly readback?: { readonly withinMs: number; readonly tolerance: number; readonly point: string }
  readonly minIntervalMs: number
  readonly risk: 'low' | 'medium' | 'high'
  readonly role?: string
}

type DeviceBase = {
  /** `^[a-z0-9][a-z0-9-]{1,62}$`, unique in the gateway. */
  readonly id: string
  readonly profile: Profile
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
}

/** Where a value lies in a Modbus device. `count` is its width: registers, or 1 for a coil or a discrete input. */
export type ModbusSource = {
  readonly table: ModbusTable
  readonly addr: number
  readonly type: RegisterType
  readonly order: BitOrder
  readonly count: number
  readonly bits?: { readonly pos: number; readonly len: number }
}

export type ModbusTarget = ModbusSource & { readonly fc: 5 | 6 | 15 | 16 }
export type ModbusPoint = ResolvedPoint<ModbusSource, ModbusTarget>

/** What one read request may look like. */
export type ReadLimits = {
  readonly maxRegs: number
  readonly maxBits: number
  readonly maxGap: number
  readonly maxBitGap: number
  readonly align: number
  readonly evenCount: boolean
}

export type ModbusTiming = { readonly timeoutMs: number; readonly retries: number; readonly gapMs: number }

/** Points that lie in it are read by exactly this request. */
export type ReadGroup = {
  readonly table: ModbusTable
  readonly start: number
  readonly count: number
  readonly atomic: boolean
}

/** A register that tells whether this is the device, and the setting, the profile was written for. */
export type ModbusIdentity = ModbusSource & { readonly accepts: readonly number[]; readonly why: string }

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
}
export type MqttPoint = ResolvedPoint<MqttSource, MqttTarget>

export type MqttTopic = {
  readonly id: string
  readonly filter: string
  readonly codec: 'json' | 'text' | 'number'
  readonly root: string
  readonly require: readonly { readonly ptr: string; readonly exists?: boolean; readonly equals?: Scalar }[]
  readonly retained: 'use' | 'state_only' | 'ignore'
  /** True when a message may leave points out. */
  readonly partial: boolean
  readonly maxBytes: number
  readonly qos: 0 | 1 | 2
}

/** Where a message carries its own time. Further than `maxSkewMs` ahead of our clock counts as no time. */
export type MqttTime = {
  readonly ptr: string
  readonly format: 'rfc3339' | 'epoch_ms' | 'epoch_s' | 'auto'
  readonly maxSkewMs: number
}

export type MqttAvailability = {
  readonly topic: string
  /** Pointer into a JSON payload; the payload is plain text where absent or where it is not JSON. */
  readonly ptr?: string
  readonly online: readonly (string | boolean)[]
  readonly offline: readonly (string | boolean)[]
}

export type MqttDevice = DeviceBase & {
  readonly protocol: 'mqtt'
  readonly address: {
    /** Every `<param>` is filled in. */
    readonly topics: readonly MqttTopic[]
    readonly time?: MqttTime
    readonly dedupe?: { readonly ptr: readonly string[]; readonly windowMs: number }
    readonly availability: readonly MqttAvailability[]
  }
  readonly points: readonly MqttPoint[]
}
