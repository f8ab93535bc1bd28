import { type Static, Type } from 'typebox'
import { Priority } from '#contract/events.ts'
import { LocalText } from '#contract/text.ts'
import { Duration, parseDuration } from '#lib/quantity.ts'

const closed = { additionalProperties: false } as const
const Word = Type.Union([Type.Boolean(), Type.Number(), Type.String({ maxLength: 200 })])

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
  onDelay: Duration({
    default: '0s',
    description: 'How long it must be so before the alarm is raised',
  }),
  offDelay: Duration({
    default: '0s',
    description: 'How long it must be over before the alarm is cleared',
  }),
  priority: Type.Union([...Priority.anyOf], { description: '1 (most urgent) to 4' }),
  title: LocalText,
  latch: Type.Optional(
    Type.Boolean({ description: 'Stays on in the cloud until a person has acknowledged and reset it' }),
  ),
  lifeSafety: Type.Optional(
    Type.Boolean({ description: 'Fire, gas, CO, a cry for help: nobody may put it aside' }),
  ),
}
const hysteresis = Type.Number({
  minimum: 0,
  default: 0,
  description: 'How far back over the limit the value must come before the alarm can clear',
})

/** An alarm about one point. Works on the gateway, with or without the cloud. */
export const RuleConfig = Type.Union([
  Type.Object(
    { ...fields, hysteresis, above: Type.Number({ description: 'Raise while the value is above' }) },
    closed,
  ),
  Type.Object(
    { ...fields, hysteresis, below: Type.Number({ description: 'Raise while the value is below' }) },
    closed,
  ),
  Type.Object({ ...fields, equals: Word }, { ...closed, description: 'Raise while the value is this' }),
  Type.Object({ ...fields, notEquals: Word }, { ...closed, description: 'Raise while it is anything else' }),
  Type.Object(
    {
      ...fields,
      deltaAbove: Type.Number({
        exclusiveMinimum: 0,
        description: 'Raise when the value moved by more than this since the one before',
      }),
    },
    closed,
  ),
  Type.Object(
    { ...fields, stale: Duration({ description: 'Raise after no good value for this long' }) },
    closed,
  ),
])
export type RuleConfig = Static<typeof RuleConfig>

export const RulesConfig = Type.Array(RuleConfig, {
  maxItems: 1000,
  default: [],
  description: 'Alarms that the gateway raises by itself',
})

export type Word = Static<typeof Word>

/** When an alarm is on. */
export type Condition =
  | {
      readonly kind: 'limit'
      readonly side: 'above' | 'below'
      readonly limit: number
      readonly hysteresis: number
    }
  /** `back`: the only value that ends it; any other than `value` where absent. */
  | { readonly kind: 'equals'; readonly value: Word; readonly back?: Word }
  | { readonly kind: 'notEquals'; readonly value: Word }
  | { readonly kind: 'delta'; readonly limit: number }
  | { readonly kind: 'stale' }

/** A rule of the configuration, or an alarm of a profile for one device. */
export type Rule = {
  readonly id: string
  readonly point: string
  readonly condition: Condition
  readonly onDelayMs: number
  readonly offDelayMs: number
  readonly priority: Priority
  readonly title: LocalText
  readonly latch?: boolean
  readonly lifeSafety?: boolean
  /** The point is a moment and not a state: the alarm ends by itself, this long after the last one. */
  readonly momentMs?: number
  /** A point that is called stale has been silent for this long already. */
  readonly silentMs?: number
}

export function ruleOf(config: RuleConfig): Rule {
  const { id, point, priority, title, latch, lifeSafety, onDelay, offDelay } = config
  const staleMs = 'stale' in config ? parseDuration(config.stale) : 0
  return {
    ...{ id, point, priority, title },
    ...(latch === undefined ? {} : { latch }),
    ...(lifeSafety === undefined ? {} : { lifeSafety }),
    condition: conditionOf(config),
    onDelayMs: parseDuration(onDelay) + staleMs,
    offDelayMs: parseDuration(offDelay),
  }
}

function conditionOf(config: RuleConfig): Condition {
  if ('above' in config)
    return { kind: 'limit', side: 'above', limit: config.above, hysteresis: config.hysteresis }
  if ('below' in config)
    return { kind: 'limit', side: 'below', limit: config.below, hysteresis: config.hysteresis }
  if ('equals' in config) return { kind: 'equals', value: config.equals }
  if ('notEquals' in config) return { kind: 'notEquals', value: config.notEquals }
  return 'deltaAbove' in config ? { kind: 'delta', limit: config.deltaAbove } : { kind: 'stale' }
}

/** The number that an alarm was about, where it was about one. */
export function limitOf({ condition }: Rule): number | undefined {
  return condition.kind === 'limit' || condition.kind === 'delta' ? condition.limit : undefined
}
