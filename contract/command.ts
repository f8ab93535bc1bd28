import { type Static, Type } from 'typebox'
import { LocalText } from './text.ts'

const closed = { additionalProperties: false } as const
export const ValueSchema = Type.Union([
  Type.Number(),
  Type.Boolean(),
  Type.String({ maxLength: 1000 }),
  Type.Null(),
])

/** Sent on `down/command`, QoS 1. Equal `id` means the same command: it is carried out once. */
export const Command = Type.Object(
  {
    v: Type.Literal(1),
    id: Type.String({ minLength: 1, maxLength: 64 }),
    /** `<device>/<point>` */
    point: Type.String({ minLength: 3, maxLength: 200 }),
    value: ValueSchema,
    /** Epoch ms; checked by the gateway's clock. */
    expiresAt: Type.Integer(),
    by: Type.String({ maxLength: 100 }),
    /** A person said yes to the risk. A point of high risk is not written without it. */
    confirmed: Type.Optional(Type.Boolean()),
  },
  closed,
)
export type Command = Static<typeof Command>

/**
 * `queued → sent → accepted → done | failed | expired | rejected`. `sent` is the cloud's own word. `queued` is said by the
 * cloud while the gateway is away, and by the gateway while the device is.
 */
export const commandStates = ['queued', 'sent', 'accepted', 'done', 'failed', 'expired', 'rejected'] as const
export type CommandState = (typeof commandStates)[number]

/** States that a command does not leave. `done` is: written; `verified` says what became of it. */
export const finalCommandStates = ['done', 'failed', 'expired', 'rejected'] as const

/** What the gateway says about a command. An event of the events stream. */
export const CommandResult = Type.Object(
  {
    kind: Type.Literal('command-result'),
    id: Type.String({ minLength: 1, maxLength: 64 }),
    point: Type.String({ maxLength: 200 }),
    state: Type.Union([
      /** Held until the device can be reached; `message` says what is wrong with the link. */
      Type.Literal('queued'),
      Type.Literal('accepted'),
      Type.Literal('done'),
      Type.Literal('failed'),
      Type.Literal('expired'),
      Type.Literal('rejected'),
    ]),
    at: Type.Integer(),
    /** True when the device was read back and holds the value; false when it holds another; absent when not read. */
    verified: Type.Optional(Type.Boolean()),
    readBack: Type.Optional(ValueSchema),
    code: Type.Optional(Type.String({ maxLength: 40 })),
    message: Type.Optional(Type.String({ maxLength: 500 })),
    /** The same in the words of the campus: the title of the interlock that refused it. */
    title: Type.Optional(LocalText),
  },
  closed,
)
export type CommandResult = Static<typeof CommandResult>
