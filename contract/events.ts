import { type Static, Type } from 'typebox'
import { CommandResult, ValueSchema } from './command.ts'
import { Stream } from './delivery.ts'
import { LocalText } from './text.ts'

const closed = { additionalProperties: false } as const
const count = Type.Integer({ minimum: 0 })

/** 红 橙 黄 蓝: 1 is the most urgent (特别重大, 重大, 较大, 一般). */
export const Priority = Type.Union([Type.Literal(1), Type.Literal(2), Type.Literal(3), Type.Literal(4)])
export type Priority = Static<typeof Priority>

/** An alarm changed on the gateway. `occurrence` is the same for the raise and the clear that belongs to it. */
export const AlarmEvent = Type.Object(
  {
    kind: Type.Literal('alarm'),
    occurrence: Type.String({ minLength: 1, maxLength: 64 }),
    /** Of the configuration, or `<device>.<alarm>` of a profile. */
    rule: Type.String({ maxLength: 120 }),
    point: Type.String({ maxLength: 200 }),
    state: Type.Union([Type.Literal('raised'), Type.Literal('cleared')]),
    priority: Priority,
    /** Source time of the sample that decided. */
    at: Type.Integer(),
    value: ValueSchema,
    /** The limit that was crossed, in the point's unit. */
    limit: Type.Optional(Type.Number()),
    title: LocalText,
    /** Its rule says that it stays on until a person resets it. */
    latch: Type.Optional(Type.Boolean()),
    /** Its rule says that lives depend on it; beside what the point's name says by itself. */
    lifeSafety: Type.Optional(Type.Boolean()),
  },
  closed,
)
export type AlarmEvent = Static<typeof AlarmEvent>

/** The gateway had to drop batches. Entries of the data-loss ledger. */
export const DropEvent = Type.Object(
  {
    kind: Type.Literal('drop'),
    stream: Stream,
    epoch: count,
    firstSeq: count,
    lastSeq: count,
    samples: count,
    /** `disk-budget`, `memory-budget`, `corrupt`, `refused`, `unencodable`, … */
    reason: Type.String({ maxLength: 40 }),
    at: Type.Integer(),
    /** Source times of what was lost, where known. */
    from: Type.Optional(Type.Integer()),
    to: Type.Optional(Type.Integer()),
  },
  closed,
)
export type DropEvent = Static<typeof DropEvent>

/** A device's link went up or down. */
export const LinkEvent = Type.Object(
  {
    kind: Type.Literal('link'),
    device: Type.String({ maxLength: 63 }),
    state: Type.Union([Type.Literal('up'), Type.Literal('down')]),
    at: Type.Integer(),
    reason: Type.Optional(Type.String({ maxLength: 300 })),
  },
  closed,
)
export type LinkEvent = Static<typeof LinkEvent>

export const GatewayEvent = Type.Union([AlarmEvent, CommandResult, DropEvent, LinkEvent])
export type GatewayEvent = Static<typeof GatewayEvent>

/** One message on `up/events`: JSON, QoS 1. `events[i]` has the number `firstSeq + i`. */
export const EventsMessage = Type.Object(
  {
    v: Type.Literal(1),
    epoch: count,
    firstSeq: Type.Integer({ minimum: 1 }),
    events: Type.Array(GatewayEvent, { minItems: 1, maxItems: 500 }),
  },
  closed,
)
export type EventsMessage = Static<typeof EventsMessage>
