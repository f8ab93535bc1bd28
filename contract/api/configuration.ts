import { type Static, Type } from 'typebox'
import { ConfigContent, ConfigProblem, ConfigState } from '#contract/configuration.ts'
import { closed, Instant, listQuery } from './common.ts'

const version = Type.Integer({ minimum: 0, description: "0: the gateway's own file alone" })
const Comment = Type.String({ maxLength: 500, description: 'Why' })

/** Who made a version, with the name of then. */
export const ConfigAuthor = Type.Object({ username: Type.String(), displayName: Type.String() }, closed)
export type ConfigAuthor = Static<typeof ConfigAuthor>

export const ConfigVersion = Type.Object(
  {
    version,
    digest: Type.String(),
    at: Instant,
    by: ConfigAuthor,
    comment: Type.String(),
    /** The version whose content it has again. */
    rollbackOf: Type.Optional(version),
    /** The roll-out that made it. */
    rollout: Type.Optional(Type.String()),
  },
  closed,
)
export type ConfigVersion = Static<typeof ConfigVersion>

/** One difference. `path` as in problems: `devices[meter-1].unit`, entries of a list by their id. */
export const ConfigChange = Type.Object(
  {
    path: Type.String(),
    op: Type.Union([Type.Literal('added'), Type.Literal('removed'), Type.Literal('changed')]),
    before: Type.Optional(Type.Unknown()),
    after: Type.Optional(Type.Unknown()),
  },
  closed,
)
export type ConfigChange = Static<typeof ConfigChange>

/** What the gateway said last. Absent: it has never said anything. */
export const ReportedConfig = Type.Object(
  {
    version,
    state: ConfigState,
    at: Instant,
    reason: Type.Optional(Type.String()),
    problems: Type.Array(ConfigProblem),
    /** What it runs on. */
    running: version,
    pauseMs: Type.Optional(Type.Integer()),
  },
  closed,
)
export type ReportedConfig = Static<typeof ReportedConfig>

/** `GET /gateways/{id}/config` */
export const GatewayConfiguration = Type.Object(
  {
    gateway: Type.String(),
    /** Of the newest version; 0 and `{}` while there is none. Send it as `baseVersion`. */
    version,
    content: ConfigContent,
    desired: Type.Optional(ConfigVersion),
    reported: Type.Optional(ReportedConfig),
    /** `pending`: sent or to be sent, and the gateway has not said anything about it yet. */
    state: Type.Union([ConfigState, Type.Literal('pending'), Type.Literal('none')]),
    /** From what runs to what is wanted. */
    changes: Type.Array(ConfigChange),
    /** What the gateway's own file says of the same sections, without passwords; the base of a first version. */
    own: Type.Optional(ConfigContent),
    /** The newest first, at most 100. */
    history: Type.Array(ConfigVersion),
  },
  closed,
)
export type GatewayConfiguration = Static<typeof GatewayConfiguration>

/** `PUT /gateways/{id}/config` */
export const ConfigDraft = Type.Object(
  {
    /** The version the content was made from: refused with CONFLICT when there is a newer one. */
    baseVersion: version,
    comment: Type.Optional(Comment),
    content: ConfigContent,
  },
  closed,
)
export type ConfigDraft = Static<typeof ConfigDraft>

/** `POST /gateways/{id}/config/check`: nothing is changed. */
export const ConfigCheck = Type.Object({ content: ConfigContent }, closed)
export const ConfigChecked = Type.Object(
  { problems: Type.Array(ConfigProblem), changes: Type.Array(ConfigChange) },
  closed,
)
export type ConfigChecked = Static<typeof ConfigChecked>

/** `POST /gateways/{id}/config/rollback` */
export const ConfigRollback = Type.Object({ to: version, comment: Type.Optional(Comment) }, closed)
export type ConfigRollback = Static<typeof ConfigRollback>

/** `GET /gateways/{id}/config/versions/{version}` */
export const StoredConfig = Type.Object({ ...ConfigVersion.properties, content: ConfigContent }, closed)
export type StoredConfig = Static<typeof StoredConfig>

/** `2` gateways, or `10%` of them, from the first on; each stage contains those before. */
export const RolloutStage = Type.String({ pattern: '^([1-9]\\d{0,3}|(100|[1-9]\\d?)%)$' })

export const RolloutState = Type.Union([
  Type.Literal('running'),
  /** By a person. */
  Type.Literal('paused'),
  /** By a failure. */
  Type.Literal('stopped'),
  Type.Literal('done'),
  Type.Literal('aborted'),
])
export type RolloutState = Static<typeof RolloutState>

export const RolloutGatewayState = Type.Union([
  Type.Literal('waiting'),
  Type.Literal('sent'),
  Type.Literal('running'),
  Type.Literal('refused'),
  Type.Literal('rolled-back'),
  /** It said nothing in time. */
  Type.Literal('lost'),
  /** Somebody changed its configuration meanwhile. */
  Type.Literal('overtaken'),
])
export type RolloutGatewayState = Static<typeof RolloutGatewayState>

const settings = {
  comment: Comment,
  /**
   * As a content, laid over that of each gateway: an entry of a list changes the one with its `id` or `username` or is added;
   * `null` takes a field away; an entry with `remove: true` is taken out.
   */
  change: ConfigContent,
  stages: Type.Array(RolloutStage, { minItems: 1, maxItems: 10 }),
  /** A gateway that has not said that it runs by then is lost. */
  withinS: Type.Integer({ minimum: 5, maximum: 86_400 }),
  /** Between the last gateway of a stage that runs and the next stage. */
  soakS: Type.Integer({ minimum: 0, maximum: 86_400 }),
}

/** `POST /rollouts` */
export const RolloutDraft = Type.Object(
  {
    change: settings.change,
    gateways: Type.Array(Type.String({ pattern: '^[a-z0-9][a-z0-9-]{1,62}$' }), {
      minItems: 1,
      maxItems: 1000,
      uniqueItems: true,
      description: 'In this order',
    }),
    comment: Type.Optional(settings.comment),
    stages: Type.Optional(settings.stages),
    withinS: Type.Optional(settings.withinS),
    soakS: Type.Optional(settings.soakS),
  },
  closed,
)
export type RolloutDraft = Static<typeof RolloutDraft>

export const RolloutGateway = Type.Object(
  {
    gateway: Type.String(),
    /** From 1. */
    stage: Type.Integer({ minimum: 1 }),
    state: RolloutGatewayState,
    version: Type.Optional(version),
    reason: Type.Optional(Type.String()),
    at: Type.Optional(Instant),
  },
  closed,
)
export type RolloutGateway = Static<typeof RolloutGateway>

const head = {
  id: Type.String(),
  at: Instant,
  by: ConfigAuthor,
  ...settings,
  state: RolloutState,
  /** Why it is not running. */
  reason: Type.Optional(Type.String()),
  finishedAt: Type.Optional(Instant),
  /** Gateways in all, those that run on it, and those that failed. */
  total: Type.Integer(),
  running: Type.Integer(),
  failed: Type.Integer(),
}
export const RolloutSummary = Type.Object(head, closed)
export type RolloutSummary = Static<typeof RolloutSummary>

export const Rollout = Type.Object({ ...head, gateways: Type.Array(RolloutGateway) }, closed)
export type Rollout = Static<typeof Rollout>

export const RolloutsQuery = Type.Object(listQuery, closed)
export const RolloutList = Type.Object(
  { items: Type.Array(RolloutSummary), nextCursor: Type.Optional(Type.String()) },
  closed,
)
export type RolloutList = Static<typeof RolloutList>
