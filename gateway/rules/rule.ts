import { type Static, Type } from 'typebox'
import { Priority } from '#contract/events.ts'
import { LocalText } from '#contract/text.ts'
import { Duration } from '#lib/quantity.ts'

const closed = { additionalProperties: false } as const

const fields = {
  id: Type.String({
    pattern: '^[a-z0-9][a-z0-9-]{1,49}$',
    expects: 'an id of 2 to 50 lower-case letters, digits and hyphens',
  }),
  point: Type.String({
    pattern: '^[a-z0-9][a-z0-9-]{1,62}/.+$',
    expects: 'a point as <device>/<point>',
    description: 'The point to watch: <device>/<point>',
  }),
  hysteresis: Type.Number({
    minimum: 0,
    default: 0,
    description: 'How far back over the limit the value must come before the alarm can clear',
  }),
  onDelay: Duration({
    default: '0s',
    description: 'How long the limit must be crossed before the alarm is raised',
  }),
  offDelay: Duration({
    default: '0s',
    description: 'How long the value must be back before the alarm is cleared',
  }),
  priority: Type.Union([...Priority.anyOf], { description: '1 (most urgent) to 4' }),
  title: LocalText,
}

/** An alarm when a number crosses a limit. Works on the gateway, with or without the cloud. */
export const RuleConfig = Type.Union([
  Type.Object({ ...fields, above: Type.Number({ description: 'Raise while the value is above' }) }, closed),
  Type.Object({ ...fields, below: Type.Number({ description: 'Raise while the value is below' }) }, closed),
])
export type RuleConfig = Static<typeof RuleConfig>

export const RulesConfig = Type.Array(RuleConfig, {
  maxItems: 1000,
  default: [],
  description: 'Alarms that the gateway raises by itself',
})

/** A limit with a side. */
export type Threshold = {
  readonly side: 'above' | 'below'
  readonly limit: number
  readonly hysteresis: number
}

export function thresholdOf(rule: RuleConfig): Threshold {
  const { hysteresis } = rule
  return 'above' in rule
    ? { side: 'above', limit: rule.above, hysteresis }
    : { side: 'below', limit: rule.below, hysteresis }
}
