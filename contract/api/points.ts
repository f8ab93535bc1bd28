import { type Static, Type } from 'typebox'
import { CataloguePoint, WritableAs } from '#contract/catalogue.ts'
import { ValueSchema } from '#contract/command.ts'
import { LocalText } from '#contract/text.ts'
import { closed, Instant, listQuery } from './common.ts'

export const Quality = Type.Union([Type.Literal('good'), Type.Literal('bad'), Type.Literal('stale')])

/** The newest sample of a point. `at` is the source time. */
export const LastValue = Type.Object(
  {
    at: Instant,
    value: ValueSchema,
    quality: Quality,
    /** Why the quality is bad, where known: `missing`, `timeout`, … */
    reason: Type.Optional(Type.String()),
  },
  closed,
)
export type LastValue = Static<typeof LastValue>

/** `id` is `<gateway>/<device>/<point>`, where `<point>` may be `<part>/<point>`. */
export const Point = Type.Object(
  {
    id: Type.String(),
    /** `<gateway>/<device>` */
    device: Type.String(),
    kind: CataloguePoint.properties.kind,
    /** UCUM; `1` for what has no unit. */
    unit: Type.String(),
    title: LocalText,
    staleAfterMs: Type.Optional(Type.Integer()),
    writable: Type.Optional(WritableAs),
    /** The gateway's catalogue does not list it any more; its history stays. */
    removedAt: Type.Optional(Instant),
    last: Type.Optional(LastValue),
  },
  closed,
)
export type Point = Static<typeof Point>

/** `GET /points?device=<gateway>/<device>` */
export const PointsQuery = Type.Object(
  {
    device: Type.Optional(Type.String({ maxLength: 130, description: '<gateway>/<device>' })),
    ...listQuery,
  },
  closed,
)
export type PointsQuery = Static<typeof PointsQuery>

export const PointList = Type.Object(
  { items: Type.Array(Point), nextCursor: Type.Optional(Type.String()) },
  closed,
)
export type PointList = Static<typeof PointList>
