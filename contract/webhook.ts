import { type Static, Type } from 'typebox'
import { Priority } from './events.ts'
import { LocalText } from './text.ts'

const closed = { additionalProperties: false } as const

const Params = Type.Record(
  Type.String(),
  Type.Union([Type.String(), Type.Number(), Type.Boolean(), LocalText]),
)

/**
 * Body of a webhook. `others` are further notices that are told with this one because more came than the receiver is to be
 * bothered with; `otherCount` counts them all.
 */
const Told = {
  kind: Type.String(),
  code: Type.String(),
  params: Params,
  priority: Priority,
  /** Place in the organisation. */
  node: Type.Optional(Type.String()),
  at: Type.String(),
  title: Type.String(),
  lines: Type.Array(Type.String()),
  url: Type.Optional(Type.String()),
}
export const WebhookBody = Type.Object(
  {
    version: Type.Literal(1),
    /** The same in every attempt: what was taken before is not taken again. */
    id: Type.String(),
    ...Told,
    otherCount: Type.Integer({ minimum: 0 }),
    others: Type.Array(Type.Object(Told, closed)),
  },
  closed,
)
export type WebhookBody = Static<typeof WebhookBody>
