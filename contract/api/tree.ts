import { type Static, type TUnsafe, Type } from 'typebox'
import {
  type AttributeName,
  type NodeKind,
  nodeKinds,
  numberRanges,
  type RoomType,
  roomTypeNames,
  type Stage,
  stageNames,
} from '#contract/organisation.ts'
import { LocalText } from '#contract/text.ts'
import { closed } from './common.ts'

/** An id of a place is written like that of a gateway and stays with the place. */
export const NodeId = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{1,62}$' })

function oneOf<T extends string>(words: readonly T[]): TUnsafe<T> {
  return Type.Unsafe<T>(Type.Union(words.map((word) => Type.Literal(word))))
}

export const NodeKindWord = oneOf<NodeKind>(nodeKinds)

/** The outline on the ground, GeoJSON in WGS 84: longitude before latitude. What is inside `coordinates` is checked apart. */
export const Footprint = Type.Object(
  {
    type: Type.Union([Type.Literal('Polygon'), Type.Literal('MultiPolygon')]),
    coordinates: Type.Array(Type.Unknown()),
  },
  { ...closed, description: 'GeoJSON Polygon or MultiPolygon, WGS 84, [longitude, latitude]' },
)
export type Footprint = Static<typeof Footprint>

/** What a place says of itself beside its name; `attributesOf` says which kinds have which. */
export const NodeAttributes = {
  schoolCode: Type.String({ maxLength: 200, description: '学校标识码 of 10 digits' }),
  stages: Type.Array(oneOf<Stage>(stageNames), { uniqueItems: true, description: '学段' }),
  people: Type.Integer(numberRanges.people),
  areaM2: Type.Number(numberRanges.areaM2),
  floors: Type.Integer({ ...numberRanges.floors, description: 'Floors above ground' }),
  level: Type.Integer({ ...numberRanges.level, description: '1 is the ground floor, -1 the first cellar' }),
  roomType: oneOf<RoomType>(roomTypeNames),
  footprint: Footprint,
} as const satisfies Record<AttributeName, unknown>

const optionalAttributes = {
  schoolCode: Type.Optional(NodeAttributes.schoolCode),
  stages: Type.Optional(NodeAttributes.stages),
  people: Type.Optional(NodeAttributes.people),
  areaM2: Type.Optional(NodeAttributes.areaM2),
  floors: Type.Optional(NodeAttributes.floors),
  level: Type.Optional(NodeAttributes.level),
  roomType: Type.Optional(NodeAttributes.roomType),
  footprint: Type.Optional(NodeAttributes.footprint),
}

/** One place of the organisation. The list is flat; `parent` makes it a tree. */
export const TreeNode = Type.Object(
  {
    id: Type.String(),
    kind: NodeKindWord,
    title: LocalText,
    parent: Type.Optional(Type.String()),
    /** Its place among its siblings, 0 first. */
    order: Type.Integer(),
    ...optionalAttributes,
    /** Ids of the gateways that stand here. */
    gateways: Type.Array(Type.String()),
    /** How many devices are placed exactly here. */
    devices: Type.Integer(),
    /** SHA-256 of the drawing of a floor: `GET /tree/nodes/{id}/plan`. */
    plan: Type.Optional(Type.String()),
  },
  closed,
)
export type TreeNode = Static<typeof TreeNode>

/** `GET /tree`: parents come before their children, siblings in their order. */
export const Tree = Type.Object(
  {
    nodes: Type.Array(TreeNode),
    /** Gateways that stand nowhere yet. */
    unplacedGateways: Type.Array(Type.String()),
  },
  closed,
)
export type Tree = Static<typeof Tree>

/** `PUT /tree/nodes/{id}`: the whole place. */
export const NodeDraft = Type.Object(
  {
    kind: NodeKindWord,
    title: LocalText,
    parent: Type.Optional(NodeId),
    /** Place among its siblings, 0 first. Absent: where it is, or last. */
    order: Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000 })),
    ...optionalAttributes,
    /** Gateways that stand here, all of them. Absent: as it is. */
    gateways: Type.Optional(Type.Array(Type.String({ maxLength: 200 }), { maxItems: 1000 })),
  },
  closed,
)
export type NodeDraft = Static<typeof NodeDraft>

/** `PUT /devices/{gateway}/{device}/place`: `null` takes it away from where it is. */
export const DevicePlace = Type.Object({ place: Type.Union([NodeId, Type.Null()]) }, closed)
export type DevicePlace = Static<typeof DevicePlace>

/**
 * Why a tree is refused. The console has the words in its dictionary, with `params` in them; a test keeps the two together.
 */
export const treeProblemCodes = [
  // The file
  'file-unreadable',
  'file-encoding',
  'quote-open',
  'cell-count',
  'column-unknown',
  'column-twice',
  'column-missing',
  'key-unknown',
  'too-many',
  // One place
  'id-invalid',
  'id-twice',
  'value-invalid',
  'title-missing',
  'not-for-kind',
  'parent-unknown',
  'parent-kind',
  'level-twice',
  'school-code-digits',
  'school-code-category',
  'school-code-province',
  'school-code-serial',
  'footprint-shape',
  'footprint-short',
  'footprint-open',
  'footprint-range',
  'footprint-vertices',
  // What stands there
  'place-unknown',
  'gateway-unknown',
  'gateway-kind',
  'gateway-twice',
  'device-unknown',
  'device-twice',
  'camera-private',
  // Deleting
  'holds-nodes',
  'holds-gateways',
  'holds-devices',
] as const
export type TreeProblemCode = (typeof treeProblemCodes)[number]

export const TreeProblem = Type.Object(
  {
    code: oneOf<TreeProblemCode>(treeProblemCodes),
    /** The place it is about. */
    node: Type.Optional(Type.String()),
    field: Type.Optional(Type.String()),
    params: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()])),
    /** Row of a CSV file as a spreadsheet counts: 1 is the header. */
    row: Type.Optional(Type.Integer()),
    /** Place in a YAML file: `nodes[0].children[2].level`. */
    path: Type.Optional(Type.String()),
    line: Type.Optional(Type.Integer()),
  },
  closed,
)
export type TreeProblem = Static<typeof TreeProblem>

/** A value as a change shows it; an outline as its shape and the number of its corners. */
const Shown = Type.Unknown()

export const TreeChange = Type.Object(
  {
    /** `reorder`: the order of its children (of the top when `id` is absent). `place`: where a gateway or a device stands. */
    op: oneOf(['create', 'update', 'move', 'delete', 'reorder', 'place'] as const),
    what: oneOf(['node', 'gateway', 'device'] as const),
    id: Type.Optional(Type.String()),
    title: Type.Optional(LocalText),
    fields: Type.Array(
      Type.Object({ field: Type.String(), from: Type.Optional(Shown), to: Type.Optional(Shown) }, closed),
    ),
  },
  closed,
)
export type TreeChange = Static<typeof TreeChange>

/** `POST /tree/import`: what the file changes, and everything that is wrong with it. */
export const TreeImport = Type.Object(
  {
    /** False when nothing was changed: a dry run. */
    applied: Type.Boolean(),
    /** Names exactly these changes: sent along, nothing else is applied. */
    digest: Type.String(),
    changes: Type.Array(TreeChange),
    problems: Type.Array(TreeProblem),
  },
  closed,
)
export type TreeImport = Static<typeof TreeImport>

export const ImportQuery = Type.Object(
  {
    /** Only say what would change. */
    dryRun: Type.Optional(Type.Boolean({ default: true })),
    /** Of the dry run; when the tree has changed since, nothing is applied. */
    digest: Type.Optional(Type.String({ maxLength: 64 })),
  },
  closed,
)
export type ImportQuery = Static<typeof ImportQuery>

export const exportFormats = ['yaml', 'csv'] as const
export const ExportQuery = Type.Object({ format: oneOf(exportFormats) }, closed)
export type ExportQuery = Static<typeof ExportQuery>
