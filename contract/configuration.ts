/**
 * The part of a gateway's configuration that the cloud keeps: what is wanted travels on `down/config`, what became of it on
 * `up/state`. A content is the map of its sections, `devices`, `rules`, …; what a section may hold is the gateway's to say.
 */
import { type Static, Type } from 'typebox'

const closed = { additionalProperties: false } as const

/** Number of a content of one gateway, from 1; 0: the gateway's own file alone. */
const Version = Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 })
/** SHA-256 of the content as canonical JSON (`lib/canonical-json.ts`), hex. */
const Digest = Type.String({ pattern: '^[0-9a-f]{64}$' })

/** Open here: the gateway explains what is wrong with it, in the same words as for its file. */
export const ConfigContent = Type.Record(Type.String({ maxLength: 40 }), Type.Unknown(), {
  maxProperties: 40,
})
export type ConfigContent = Static<typeof ConfigContent>

export const ConfigRef = Type.Object({ version: Version, digest: Digest }, closed)
export type ConfigRef = Static<typeof ConfigRef>

/** What the gateway is to run on. An equal one changes nothing. */
export const DesiredConfig = Type.Object(
  {
    v: Type.Literal(1),
    kind: Type.Literal('desired'),
    version: Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 }),
    digest: Digest,
    content: ConfigContent,
  },
  closed,
)
export type DesiredConfig = Static<typeof DesiredConfig>

/** The cloud has stored the report that was sent at `at`: the proof that the gateway reaches it. */
export const ConfigNoted = Type.Object(
  { v: Type.Literal(1), kind: Type.Literal('noted'), at: Type.Integer() },
  closed,
)
export type ConfigNoted = Static<typeof ConfigNoted>

/** Everything on `down/config`: JSON, QoS 1, not retained. */
export const ConfigMessage = Type.Union([DesiredConfig, ConfigNoted])
export type ConfigMessage = Static<typeof ConfigMessage>

/** `devices[2].unit`; `ours`: it stands in the gateway's own file and only shows with this content. */
export const ConfigProblem = Type.Object(
  {
    path: Type.String({ maxLength: 200 }),
    message: Type.String({ maxLength: 500 }),
    ours: Type.Optional(Type.Literal(true)),
  },
  closed,
)
export type ConfigProblem = Static<typeof ConfigProblem>

export const maxConfigProblems = 100

export const ConfigState = Type.Union([
  Type.Literal('applying'),
  Type.Literal('running'),
  Type.Literal('refused'),
  Type.Literal('rolled-back'),
])
export type ConfigState = Static<typeof ConfigState>

/**
 * What became of the newest content that the gateway was given. `applying`: it runs on it and has not proved yet that it
 * can; `refused`: nothing was changed; `rolled-back`: it runs on `running` again, `reason` says why.
 */
export const ConfigReport = Type.Object(
  {
    v: Type.Literal(1),
    kind: Type.Literal('config'),
    at: Type.Integer(),
    version: Version,
    digest: Digest,
    state: ConfigState,
    reason: Type.Optional(Type.String({ maxLength: 500 })),
    problems: Type.Optional(Type.Array(ConfigProblem, { maxItems: maxConfigProblems })),
    running: ConfigRef,
    /** How long nothing was read from devices while it changed over. */
    pauseMs: Type.Optional(Type.Integer({ minimum: 0 })),
    /** What the gateway's own file says of the same sections, without secrets; with the first report of a connection. */
    own: Type.Optional(ConfigContent),
  },
  closed,
)
export type ConfigReport = Static<typeof ConfigReport>
