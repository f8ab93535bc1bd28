import { type Static, type TUnsafe, Type } from 'typebox'
import { CataloguePoint } from '#contract/catalogue.ts'
import {
  type DataClass,
  dataClassNames,
  type RetentionClass,
  retentionClassNames,
  type SourceState,
  sourceStateNames,
} from '#contract/data-classes.ts'
import { LocalText } from '#contract/text.ts'
import { fileLanguage } from './assets.ts'
import { closed, GatewayId, listQuery } from './common.ts'
import { NodeId } from './tree.ts'

function oneOf<T extends string>(words: readonly T[]): TUnsafe<T> {
  return Type.Unsafe<T>(Type.Union(words.map((word) => Type.Literal(word))))
}

const dataClass = oneOf<DataClass>(dataClassNames)

export const UnitOfData = Type.Object(
  {
    ucum: Type.String(),
    /** As it is written after a number; empty for none. */
    symbol: Type.String(),
    /** Written out; absent for a vendor's own. */
    name: Type.Optional(LocalText),
  },
  closed,
)

export const Retention = Type.Object(
  {
    class: oneOf<RetentionClass>(retentionClassNames),
    /** As cloud.yaml says it: `400d`. Absent: for good, or not at all. */
    keep: Type.Optional(Type.String()),
  },
  closed,
)
export type Retention = Static<typeof Retention>

/** One point with where it comes from, who answers for it and how it is to be handled. */
export const DataPoint = Type.Object(
  {
    /** `<gateway>/<device>/<point>` */
    id: Type.String(),
    title: LocalText,
    kind: CataloguePoint.properties.kind,
    unit: UnitOfData,
    /** Its row of the vocabulary; absent for a vendor's own. */
    quantity: Type.Optional(Type.String()),
    source: Type.Object(
      {
        gateway: Type.String(),
        /** `<gateway>/<device>` */
        device: Type.String(),
        title: LocalText,
        category: Type.String(),
        profile: Type.String(),
        profileVersion: Type.Optional(Type.String()),
        address: Type.Optional(Type.String()),
      },
      closed,
    ),
    place: Type.Optional(Type.String()),
    where: Type.Array(LocalText),
    /** The place of the organisation that answers for it; absent where nothing stands above it. */
    owner: Type.Optional(
      Type.Object(
        {
          node: Type.String(),
          title: LocalText,
          /** Somebody chose it; else it is the campus. */
          chosen: Type.Boolean(),
        },
        closed,
      ),
    ),
    dataClass,
    /** What decided that: the point itself, or the rule of this id. */
    classBy: Type.String(),
    retention: Retention,
    sourceState: oneOf<SourceState>(sourceStateNames),
    /** The other points that say the same of this room. */
    rivals: Type.Array(Type.String()),
  },
  closed,
)
export type DataPoint = Static<typeof DataPoint>

const filter = {
  gateway: Type.Optional(GatewayId),
  device: Type.Optional(Type.String({ maxLength: 130, description: '<gateway>/<device>' })),
  /** At this place of the organisation tree or below. */
  place: Type.Optional(NodeId),
  /** Part of an id, a name, a profile or the name of the device. */
  q: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  dataClass: Type.Optional(dataClass),
  /** Only those of several sources of which none was chosen. */
  conflict: Type.Optional(Type.Boolean()),
}

/** `GET /data-catalogue` */
export const DataCatalogueQuery = Type.Object({ ...filter, ...listQuery }, closed)
export type DataCatalogueQuery = Static<typeof DataCatalogueQuery>

export const DataPointList = Type.Object(
  { items: Type.Array(DataPoint), nextCursor: Type.Optional(Type.String()) },
  closed,
)
export type DataPointList = Static<typeof DataPointList>

/** `GET /data-catalogue/export` */
export const DataExportQuery = Type.Object(
  { ...filter, format: Type.Optional(Type.Literal('csv')), language: fileLanguage },
  closed,
)

/** A figure that the cloud makes of what it got. Its own program is its one source. */
export const DerivedFigure = Type.Object(
  {
    id: Type.String(),
    title: LocalText,
    unit: UnitOfData,
    /** What it is made of. */
    madeOf: LocalText,
    /** Where the API has it. */
    api: Type.String(),
    dataClass,
    retention: Retention,
  },
  closed,
)
export type DerivedFigure = Static<typeof DerivedFigure>

/** `GET /data-catalogue/figures` */
export const DerivedFigureList = Type.Object({ items: Type.Array(DerivedFigure) }, closed)
export type DerivedFigureList = Static<typeof DerivedFigureList>

/** `PATCH /data-catalogue/{point}`: what is not named stays, `null` goes back to the rule. */
export const DataPointPatch = Type.Object(
  {
    dataClass: Type.Optional(Type.Union([dataClass, Type.Null()])),
    owner: Type.Optional(Type.Union([NodeId, Type.Null()])),
    /** Of the points that say the same of this room this one counts; the others do not any more. */
    primary: Type.Optional(Type.Boolean()),
  },
  { ...closed, minProperties: 1 },
)
export type DataPointPatch = Static<typeof DataPointPatch>

/** `*`, `category:camera` or `quantity:person.id`. */
export const ClassRuleId = Type.String({ pattern: '^([*]|(category|quantity):[a-z][a-z0-9_.]{0,63})$' })

export const DataClassRule = Type.Object(
  {
    id: Type.String(),
    dataClass,
    /** As the program comes; absent for a rule that somebody added. */
    byDefault: Type.Optional(dataClass),
  },
  closed,
)
export type DataClassRule = Static<typeof DataClassRule>

/** `GET /data-catalogue/classes` */
export const DataClassRuleList = Type.Object({ items: Type.Array(DataClassRule) }, closed)
export type DataClassRuleList = Static<typeof DataClassRuleList>

/** `PUT /data-catalogue/classes/{rule}`: `null` goes back to the default, or takes an added rule away. */
export const DataClassRulePut = Type.Object({ dataClass: Type.Union([dataClass, Type.Null()]) }, closed)
export type DataClassRulePut = Static<typeof DataClassRulePut>
