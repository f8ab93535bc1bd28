import { type Static, Type } from 'typebox'
import { type CommandState, commandStates, ValueSchema } from '#contract/command.ts'
import { LocalText } from '#contract/text.ts'
import { closed, GatewayId, Instant, listQuery } from './common.ts'

export const maxLifeS = 86_400

/**
 * `POST /commands`. `key` makes it safe to ask again: the same person's same key with the same content is the same command,
 * with another content it is refused.
 */
export const CommandRequest = Type.Object(
  {
    point: Type.String({ minLength: 5, maxLength: 300, description: '<gateway>/<device>/<point>' }),
    value: Type.Union([Type.Number(), Type.Boolean(), Type.String({ maxLength: 1000 })]),
    key: Type.String({ minLength: 1, maxLength: 100, description: 'Idempotency key, chosen by the caller' }),
    expiresInS: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: maxLifeS,
        default: 60,
        description: 'A command that has not begun by then is not carried out',
      }),
    ),
    confirm: Type.Optional(
      Type.Boolean({ description: 'A person said yes; needed where the point is of high risk' }),
    ),
  },
  closed,
)
export type CommandRequest = Static<typeof CommandRequest>

const State = Type.Unsafe<CommandState>({ type: 'string', enum: [...commandStates] })
const Why = {
  code: Type.Optional(Type.String({ description: 'From the table in docs/errors.md' })),
  message: Type.Optional(Type.String()),
}

/** A state the command came into, and when, by the cloud's clock. */
export const CommandStep = Type.Object({ state: State, at: Instant, ...Why }, closed)
export type CommandStep = Static<typeof CommandStep>

export const IssuedCommand = Type.Object(
  {
    id: Type.String(),
    /** `<gateway>/<device>/<point>` */
    point: Type.String(),
    /** `<gateway>/<device>` */
    device: Type.String(),
    value: ValueSchema,
    key: Type.String(),
    by: Type.Object({ username: Type.String(), displayName: Type.String() }, closed),
    state: State,
    /** Whom a `queued` command waits for. Nothing was delivered to anybody. */
    waitingFor: Type.Optional(Type.Union([Type.Literal('gateway'), Type.Literal('device')])),
    createdAt: Instant,
    expiresAt: Instant,
    finishedAt: Type.Optional(Instant),
    /** Of a `done` command: true when the device was read back and holds the value, false when not; absent when it cannot be asked. */
    verified: Type.Optional(Type.Boolean()),
    readBack: Type.Optional(ValueSchema),
    ...Why,
    /** The reason in the words of the campus, such as the title of an interlock. */
    reason: Type.Optional(LocalText),
    /** Every state it was in, the first one first. */
    steps: Type.Array(CommandStep),
  },
  closed,
)
export type IssuedCommand = Static<typeof IssuedCommand>

/** `GET /commands`: newest first. */
export const CommandsQuery = Type.Object(
  {
    point: Type.Optional(Type.String({ maxLength: 300, description: '<gateway>/<device>/<point>' })),
    device: Type.Optional(Type.String({ maxLength: 130, description: '<gateway>/<device>' })),
    gateway: Type.Optional(GatewayId),
    state: Type.Optional(
      Type.Unsafe<CommandState | 'open'>({
        type: 'string',
        enum: [...commandStates, 'open'],
        description: '`open`: not in a final state',
      }),
    ),
    ...listQuery,
  },
  closed,
)
export type CommandsQuery = Static<typeof CommandsQuery>

export const CommandList = Type.Object(
  { items: Type.Array(IssuedCommand), nextCursor: Type.Optional(Type.String()) },
  closed,
)
export type CommandList = Static<typeof CommandList>
