import { type Static, Type } from 'typebox'
import { errorCodes } from '#contract/errors.ts'

/** Shapes that several answers of the HTTP API share. */
export const closed = { additionalProperties: false } as const

/** A time in a body: RFC 3339 in UTC with ms. */
export const Instant = Type.String({
  format: 'date-time',
  description: 'RFC 3339 in UTC with ms',
  examples: ['2026-03-01T07:30:00.000Z'],
})
export type Instant = Static<typeof Instant>

/** A time in a query: epoch ms, or RFC 3339 with a zone. */
export const InstantQuery = Type.String({
  minLength: 1,
  maxLength: 40,
  description: 'Epoch ms, or RFC 3339 with a zone',
  examples: ['1772350200000', '2026-03-01T07:30:00.000Z'],
})

export const GatewayId = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{1,62}$' })

/** Every answer with a status of 400 or more. */
export const ErrorBody = Type.Object(
  {
    code: Type.String({ description: 'From the table in docs/errors.md', examples: Object.keys(errorCodes) }),
    message: Type.String(),
    /** For BAD_REQUEST: `[{ path, message }]`, one entry for each field. */
    details: Type.Optional(Type.Unknown()),
  },
  closed,
)
export type ErrorBody = Static<typeof ErrorBody>

/** One entry of the `details` of BAD_REQUEST. */
export const FieldProblem = Type.Object({ path: Type.String(), message: Type.String() }, closed)
export type FieldProblem = Static<typeof FieldProblem>

/** Query of every list. `cursor` is the `nextCursor` of the page before. */
export const listQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })),
  cursor: Type.Optional(Type.String({ maxLength: 500 })),
}
