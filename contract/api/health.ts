import { type Static, Type } from 'typebox'
import { closed } from './common.ts'

/** `GET /health`: the process answers. */
export const Health = Type.Object({ status: Type.Literal('ok') }, closed)
export type Health = Static<typeof Health>

/** `GET /ready`: 200, or 503 with at least one reason. */
export const Ready = Type.Object(
  {
    ready: Type.Boolean(),
    reasons: Type.Array(Type.Object({ part: Type.String(), reason: Type.String() }, closed)),
  },
  closed,
)
export type Ready = Static<typeof Ready>
