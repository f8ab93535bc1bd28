import { type Static, Type } from 'typebox'
import { qualityCodes } from '#contract/quality.ts'
import type { Sample, Value } from '#contract/sample.ts'
import { LocalText } from '#contract/text.ts'

const closed = { additionalProperties: false } as const
const pointPattern = {
  pattern: '^[a-z0-9][a-z0-9-]{1,62}/.+$',
  expects: 'a point as <device>/<point>',
}
const value = Type.Union([Type.Number(), Type.Boolean(), Type.String({ maxLength: 100 })])

/** What must not be written while something else is so. Works on the gateway, for commands from anywhere. */
export const InterlockConfig = Type.Object(
  {
    id: Type.String({
      pattern: '^[a-z0-9][a-z0-9-]{1,49}$',
      expects: 'an id of 2 to 50 lower-case letters, digits and hyphens',
    }),
    target: Type.String({ ...pointPattern, description: 'The point that is not written: <device>/<point>' }),
    values: Type.Optional(
      Type.Array(value, {
        minItems: 1,
        maxItems: 64,
        description: 'These values alone; every value if absent',
      }),
    ),
    blockedWhile: Type.Object(
      {
        point: Type.String({
          ...pointPattern,
          description: 'The point that decides; while it has no good value nothing is written either',
        }),
        above: Type.Optional(Type.Number()),
        below: Type.Optional(Type.Number()),
        equals: Type.Optional(value),
      },
      { ...closed, description: 'Exactly one of above, below, equals' },
    ),
    title: Type.Object(LocalText.properties, {
      ...closed,
      description: 'What the person is told: why it is not done',
    }),
  },
  closed,
)
export type InterlockConfig = Static<typeof InterlockConfig>

export const InterlocksConfig = Type.Array(InterlockConfig, {
  maxItems: 1000,
  default: [],
  description: 'What must not be written while something else is so',
})

export type Blocked = { readonly title: LocalText; readonly message: string }
export type Attempt = { readonly target: string; readonly value: Value }

/** The first interlock that forbids the attempt now. What the guard shows is not known means forbidden. Pure. */
export function blockOf(
  interlocks: readonly InterlockConfig[],
  { target, value: wanted }: Attempt,
  latest: (point: string) => Sample | undefined,
): Blocked | undefined {
  for (const { id, target: locked, values, blockedWhile, title } of interlocks) {
    if (locked !== target || (values !== undefined && !values.some((one) => one === wanted))) continue
    const why = guardProblem(blockedWhile, latest(blockedWhile.point))
    if (why !== undefined) return { title, message: `interlock ${id}: ${blockedWhile.point} ${why}` }
  }
  return undefined
}

type Guard = InterlockConfig['blockedWhile']

function guardProblem({ above, below, equals }: Guard, sample: Sample | undefined): string | undefined {
  if (sample === undefined) return 'has not been seen yet'
  const shown = sample.value
  if (sample.quality !== qualityCodes.good || shown === null) return 'has no good value'
  if (equals !== undefined) return shown === equals ? `is ${JSON.stringify(shown)}` : undefined
  if (typeof shown !== 'number') return 'is no number'
  if (above !== undefined && shown > above) return `is ${shown}, above ${above}`
  if (below !== undefined && shown < below) return `is ${shown}, below ${below}`
  return undefined
}
