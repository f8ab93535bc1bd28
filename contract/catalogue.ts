import { type Static, Type } from 'typebox'
import { LocalText } from './text.ts'

const closed = { additionalProperties: false } as const
const id = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{1,62}$' })

/** How a point may be written; the console draws the control from this. */
export const WritableAs = Type.Object(
  {
    min: Type.Optional(Type.Number()),
    max: Type.Optional(Type.Number()),
    step: Type.Optional(Type.Number()),
    options: Type.Optional(Type.Array(Type.String({ maxLength: 100 }), { maxItems: 256 })),
    /** The only values it takes, where the device knows no others: `[true]` for what can be started and not stopped. */
    values: Type.Optional(
      Type.Array(Type.Union([Type.Number(), Type.Boolean(), Type.String({ maxLength: 100 })]), {
        maxItems: 64,
      }),
    ),
    /** Shortest time between two writes. */
    minIntervalMs: Type.Optional(Type.Integer({ minimum: 0 })),
    /** `admin`: nobody else may write it. */
    role: Type.Optional(Type.String({ maxLength: 40 })),
    risk: Type.Union([Type.Literal('low'), Type.Literal('medium'), Type.Literal('high')]),
    /** False where the profile says that the device cannot be asked afterwards. */
    verified: Type.Boolean(),
  },
  closed,
)

export type WritableAs = Static<typeof WritableAs>

export const CataloguePoint = Type.Object(
  {
    /** `<point>` or `<part>/<point>`, unique in its device. */
    id: Type.String({ minLength: 1, maxLength: 128 }),
    kind: Type.Union([
      Type.Literal('num'),
      Type.Literal('bool'),
      Type.Literal('enum'),
      Type.Literal('text'),
      Type.Literal('counter'),
      Type.Literal('event'),
    ]),
    /** UCUM. `1` for what has no unit. */
    unit: Type.String({ maxLength: 40 }),
    title: LocalText,
    /** No sample for this long means stale. */
    staleAfterMs: Type.Optional(Type.Integer({ minimum: 0 })),
    writable: Type.Optional(WritableAs),
  },
  closed,
)
export type CataloguePoint = Static<typeof CataloguePoint>

const said = Type.Optional(Type.String({ minLength: 1, maxLength: 100 }))
export const Machine = Type.Object({ maker: said, model: said, serial: said, firmware: said }, closed)
export type Machine = Static<typeof Machine>

export const CatalogueDevice = Type.Object(
  {
    id,
    title: LocalText,
    profile: Type.String({ maxLength: 100 }),
    vendor: Type.String({ maxLength: 100 }),
    model: Type.String({ maxLength: 100 }),
    category: Type.String({ maxLength: 60 }),
    /** Free words until the organisation tree places it: building, floor, room. */
    location: Type.Optional(LocalText),
    /** Where the gateway finds it: `plant, unit 3`, a topic, a host. Never a secret. */
    address: Type.Optional(Type.String({ maxLength: 300 })),
    profileVersion: Type.Optional(Type.String({ maxLength: 20 })),
    variant: Type.Optional(Type.String({ maxLength: 60 })),
    /** Points of low confidence that nobody has checked at the device; they are not among `points`. */
    hidden: Type.Optional(Type.Array(Type.String({ maxLength: 128 }), { maxItems: 512 })),
    /** Added from the console, so that it can be removed there. */
    added: Type.Optional(Type.Boolean()),
    /** What the device said of itself, where it was asked. */
    machine: Type.Optional(Machine),
    points: Type.Array(CataloguePoint, { maxItems: 512 }),
  },
  closed,
)
export type CatalogueDevice = Static<typeof CatalogueDevice>

/** Everything a gateway has, sent after birth on `up/state` and again when it changes. */
export const Catalogue = Type.Object(
  {
    v: Type.Literal(1),
    kind: Type.Literal('catalogue'),
    /** Hash of `devices`: an equal one is not processed again. */
    version: Type.String({ minLength: 1, maxLength: 64 }),
    devices: Type.Array(CatalogueDevice, { maxItems: 2000 }),
  },
  closed,
)
export type Catalogue = Static<typeof Catalogue>
