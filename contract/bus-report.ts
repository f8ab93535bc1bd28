import { type Static, Type } from 'typebox'
import { LocalText } from './text.ts'

const closed = { additionalProperties: false } as const
const count = Type.Integer({ minimum: 0 })
const ms = Type.Number({ minimum: 0 })
/** 0.25 is a quarter of the time. */
const share = Type.Number({ minimum: 0 })

/** What to do about it, for the person at the cabinet. */
export const BusAdvice = Type.Object(
  {
    code: Type.Union([
      Type.Literal('bus_down'),
      Type.Literal('bus_full'),
      Type.Literal('beats_missed'),
      Type.Literal('other_talkers'),
      Type.Literal('unit_never_answered'),
      Type.Literal('unit_silent'),
      Type.Literal('unit_late'),
      Type.Literal('unit_disturbed'),
      Type.Literal('unit_refuses'),
      Type.Literal('unit_slow'),
      Type.Literal('unit_misfit'),
      Type.Literal('setup_missing'),
    ]),
    unit: Type.Optional(Type.Integer({ minimum: 0, maximum: 255 })),
    text: Type.Object({ zh: Type.String({ maxLength: 600 }), en: Type.String({ maxLength: 600 }) }, closed),
  },
  closed,
)
export type BusAdvice = Static<typeof BusAdvice>

export const BusUnitReport = Type.Object(
  {
    unit: Type.Integer({ minimum: 0, maximum: 255 }),
    /** Ids of the devices that sit on this unit. */
    devices: Type.Array(Type.String({ maxLength: 63 }), { maxItems: 512 }),
    titles: Type.Optional(Type.Array(LocalText, { maxItems: 512 })),
    /** `unknown`: not asked yet. */
    state: Type.Union([Type.Literal('answers'), Type.Literal('silent'), Type.Literal('unknown')]),
    /** Of the last 256 answers; `max` since the start. Absent before the first one. */
    roundTripMs: Type.Optional(Type.Object({ p50: ms, p95: ms, max: ms }, closed)),
    requests: count,
    answers: count,
    timeouts: count,
    /** Wrong checksum, or half a frame. */
    crcErrors: count,
    /** Whole answers that did not fit their request. */
    malformed: count,
    exceptions: count,
    /** Came after their request had been given up. */
    lateAnswers: count,
    /** Part of the observed time in which the bus was busy with this unit; planned: what its profile asks for. */
    share: Type.Object({ measured: share, planned: share }, closed),
    /** Points left out because the device refuses them, as `<device>/<point>`. */
    parked: Type.Array(Type.String({ maxLength: 200 }), { maxItems: 2048 }),
    /** A silent unit is asked again after this. */
    nextProbeMs: Type.Optional(ms),
  },
  closed,
)
export type BusUnitReport = Static<typeof BusUnitReport>

/** How one bus is doing since the gateway started. */
export const BusReport = Type.Object(
  {
    bus: Type.String({ maxLength: 63 }),
    protocol: Type.Union([
      Type.Literal('modbus-tcp'),
      Type.Literal('modbus-rtu-over-tcp'),
      Type.Literal('modbus-rtu'),
    ]),
    address: Type.String({ maxLength: 300 }),
    connected: Type.Boolean(),
    /** Epoch ms. */
    at: Type.Integer(),
    observedMs: ms,
    /** Part of the time in which the bus is busy; above 1 cannot be. */
    load: Type.Object({ measured: share, planned: share }, closed),
    requests: count,
    timeouts: count,
    crcErrors: count,
    malformed: count,
    exceptions: count,
    lateAnswers: count,
    wrongUnit: count,
    wrongTransaction: count,
    /** Times somebody spoke who was not asked. */
    unsolicited: count,
    /** Times what came was thrown away up to the next silence. */
    resyncs: count,
    /** Connections made. */
    connects: count,
    /** Reads that did not take place because the bus was too slow. */
    overruns: count,
    units: Type.Array(BusUnitReport, { maxItems: 256 }),
    /** Most urgent first; empty when all is well. */
    advice: Type.Array(BusAdvice, { maxItems: 600 }),
  },
  closed,
)
export type BusReport = Static<typeof BusReport>
