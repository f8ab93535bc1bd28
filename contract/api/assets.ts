import { type Static, type TUnsafe, Type } from 'typebox'
import {
  type AssetKind,
  assetCodePattern,
  assetKindNames,
  type ChangeField,
  type ChangeSource,
  changeFieldNames,
  changeSourceNames,
  type SharedField,
  sharedFieldNames,
} from '#contract/assets.ts'
import { Protocol } from '#contract/request.ts'
import { LocalText } from '#contract/text.ts'
import { closed, GatewayId, Instant, listQuery } from './common.ts'
import { NodeId } from './tree.ts'

function oneOf<T extends string>(words: readonly T[]): TUnsafe<T> {
  return Type.Unsafe<T>(Type.Union(words.map((word) => Type.Literal(word))))
}

export const AssetCode = Type.String({
  pattern: assetCodePattern,
  description: 'The code on the label',
  examples: ['7K3M9QXAB2'],
})
const Day = Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$', description: 'A day: `2026-11-27`' })
const short = Type.String({ minLength: 1, maxLength: 200 })
const kind = oneOf<AssetKind>(assetKindNames)

const shared = {
  maker: Type.Optional(Type.String()),
  model: Type.Optional(Type.String()),
  serial: Type.Optional(Type.String()),
  firmware: Type.Optional(Type.String()),
  address: Type.Optional(Type.String()),
}
const byHand = {
  ...shared,
  installedBy: Type.Optional(Type.String()),
  installedOn: Type.Optional(Day),
  warrantyUntil: Type.Optional(Day),
  notes: Type.Optional(Type.String()),
}

/** What a person wrote and what is reported differ: the reported one counts, both are shown. */
export const Contradiction = Type.Object(
  { field: oneOf<SharedField>(sharedFieldNames), reported: Type.String(), byHand: Type.String() },
  closed,
)
export type Contradiction = Static<typeof Contradiction>

/** A gateway, a device or a camera. `maker` to `address` are what counts; `byHand` is what people wrote, `reported` the rest. */
export const Asset = Type.Object(
  {
    id: AssetCode,
    kind,
    gateway: Type.String(),
    /** `<gateway>/<device>`; absent for the gateway itself. */
    device: Type.Optional(Type.String()),
    title: LocalText,
    category: Type.Optional(Type.String()),
    profile: Type.Optional(Type.String()),
    profileVersion: Type.Optional(Type.String()),
    variant: Type.Optional(Type.String()),
    runtime: Type.Optional(Type.String()),
    ...shared,
    byHand: Type.Object(byHand, closed),
    contradictions: Type.Array(Contradiction),
    /** The place of the organisation tree where it stands, or its gateway does. */
    place: Type.Optional(Type.String()),
    /** The names from the campus down to the place. */
    where: Type.Array(LocalText),
    /** Free words of the gateway's configuration. */
    location: Type.Optional(LocalText),
    registeredAt: Instant,
    updatedAt: Instant,
    removedAt: Type.Optional(Instant),
  },
  closed,
)
export type Asset = Static<typeof Asset>

const filter = {
  kind: Type.Optional(kind),
  gateway: Type.Optional(GatewayId),
  /** At this place of the organisation tree or below. */
  place: Type.Optional(NodeId),
  /** Part of a code, an id, a name, a place in words, a maker, a model, a serial number, an address or the notes. */
  q: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  /** `present` when absent. */
  state: Type.Optional(oneOf(['present', 'removed', 'all'] as const)),
  /** Only those where what people wrote differs from what is reported. */
  contradicting: Type.Optional(Type.Boolean()),
}

/** `GET /assets`: gateways before their devices. */
export const AssetsQuery = Type.Object({ ...filter, ...listQuery }, closed)
export type AssetsQuery = Static<typeof AssetsQuery>

export const AssetList = Type.Object(
  { items: Type.Array(Asset), nextCursor: Type.Optional(Type.String()) },
  closed,
)
export type AssetList = Static<typeof AssetList>

const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Optional(Type.Union([schema, Type.Null()]))

/** `PATCH /assets/{id}`: what is not named stays, `null` takes it away. */
export const AssetPatch = Type.Object(
  {
    maker: orNull(short),
    model: orNull(short),
    serial: orNull(short),
    firmware: orNull(short),
    address: orNull(Type.String({ minLength: 1, maxLength: 300 })),
    installedBy: orNull(short),
    installedOn: orNull(Day),
    warrantyUntil: orNull(Day),
    notes: orNull(Type.String({ minLength: 1, maxLength: 2000 })),
  },
  { ...closed, minProperties: 1 },
)
export type AssetPatch = Static<typeof AssetPatch>

/** `GET /assets/{id}/changes`, newest first. */
export const AssetChange = Type.Object(
  {
    at: Instant,
    field: oneOf<ChangeField>(changeFieldNames),
    /** As it was and as it became; absent for nothing. */
    from: Type.Optional(Type.String()),
    to: Type.Optional(Type.String()),
    source: oneOf<ChangeSource>(changeSourceNames),
    /** Who it was, where it was a person. */
    by: Type.Optional(Type.String()),
  },
  closed,
)
export type AssetChange = Static<typeof AssetChange>

export const AssetChangesQuery = Type.Object(listQuery, closed)
export const AssetChangeList = Type.Object(
  { items: Type.Array(AssetChange), nextCursor: Type.Optional(Type.String()) },
  closed,
)
export type AssetChangeList = Static<typeof AssetChangeList>

/** The languages of the headings of a file. */
export const fileLanguage = Type.Optional(oneOf(['zh', 'en'] as const))

/** `GET /assets/export` */
export const AssetExportQuery = Type.Object(
  { ...filter, format: Type.Optional(Type.Literal('csv')), language: fileLanguage },
  closed,
)
export type AssetExportQuery = Static<typeof AssetExportQuery>

/** `GET /assets/labels`: what stands on a label. The QR code holds the console's address of `/a/<id>`. */
export const AssetLabel = Type.Object(
  {
    id: AssetCode,
    kind,
    gateway: Type.String(),
    device: Type.Optional(Type.String()),
    title: LocalText,
    where: Type.Array(LocalText),
    location: Type.Optional(LocalText),
  },
  closed,
)
export type AssetLabel = Static<typeof AssetLabel>

export const AssetLabelsQuery = Type.Object(
  {
    ...filter,
    /** Only these. */
    id: Type.Optional(Type.Array(AssetCode, { maxItems: 200 })),
    ...listQuery,
  },
  closed,
)
export const AssetLabelList = Type.Object(
  { items: Type.Array(AssetLabel), nextCursor: Type.Optional(Type.String()) },
  closed,
)
export type AssetLabelList = Static<typeof AssetLabelList>

/** Something that answered a scan or announced itself, and that is no device of the inventory. Its words are a stranger's. */
export const UnknownDevice = Type.Object(
  {
    id: Type.String(),
    gateway: Type.String(),
    protocol: Protocol,
    /** How it was found: asked on a line, or it announced itself. */
    source: oneOf(['scan', 'discovery'] as const),
    name: Type.String(),
    model: Type.Optional(Type.String()),
    /** Where it was heard: line and unit, topic, network address. */
    address: Type.Optional(Type.String()),
    firstSeenAt: Instant,
    lastSeenAt: Instant,
    ignored: Type.Optional(Type.Object({ at: Instant, by: Type.String(), reason: Type.String() }, closed)),
  },
  closed,
)
export type UnknownDevice = Static<typeof UnknownDevice>

/** `GET /assets/unknown` */
export const UnknownQuery = Type.Object(
  {
    gateway: Type.Optional(GatewayId),
    /** Those that somebody said to ignore as well. */
    ignored: Type.Optional(Type.Boolean()),
    ...listQuery,
  },
  closed,
)
export const UnknownDeviceList = Type.Object(
  { items: Type.Array(UnknownDevice), nextCursor: Type.Optional(Type.String()) },
  closed,
)
export type UnknownDeviceList = Static<typeof UnknownDeviceList>

/** `POST /assets/unknown/{id}/ignore`: it is known what this is, and that it is no device of ours. */
export const IgnoreUnknown = Type.Object({ reason: Type.String({ minLength: 2, maxLength: 500 }) }, closed)
export type IgnoreUnknown = Static<typeof IgnoreUnknown>
