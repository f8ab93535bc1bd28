import type { Finding, Path } from '#lib/explain.ts'
import { broken, type Rule } from './lint-rule.ts'
import { meaningOf } from './meaning.ts'
import type { OnvifEventFields } from './onvif.ts'
import type { OnvifProfile } from './profile.ts'

/** Rules that only ONVIF profiles can break. Pure. */
export function lintOnvif(profile: OnvifProfile): Finding[] {
  const filled = new Set(profile.onvif.events.map(({ point }) => templateOf(point)))
  const { streams } = profile.onvif
  const choice = streams?.profiles
  const isChoice = choice === undefined || choice === 'largest' || choice === 'smallest'
  return broken([
    ...profile.onvif.events.flatMap((event, i) => eventRules(profile, event, ['onvif', 'events', i])),
    ...Object.entries(profile.points).map(([template, { from }]): Rule => {
      const isLost =
        from !== undefined && 'derived' in from && from.derived === 'event' && !filled.has(template)
      return [isLost, ['points', template, 'from'], 'no event fills this point']
    }),
    [
      !isChoice && profile.params?.[choice]?.type !== 'enum',
      ['onvif', 'streams', 'profiles'],
      `${choice} is not a parameter of type enum`,
    ],
    ...profile.tests.flatMap(vectorRules),
  ])
}

function templateOf(point: string): string {
  return point.replace('<source>', '<n>')
}

function eventRules(profile: OnvifProfile, { point, mode }: OnvifEventFields, path: Path): Rule[] {
  const template = templateOf(point)
  const fields = profile.points[template] ?? {}
  const kind = meaningOf(template.replace('<n>', '1'), fields)?.kind
  const isOneOfMany = template !== point
  const needsEntry = isOneOfMany || template.startsWith('x.')
  const isFit = mode === 'pulse' ? kind === 'event' : mode === 'state' ? kind === 'bool' : kind !== 'event'
  return [
    [
      needsEntry && profile.points[template] === undefined,
      [...path, 'point'],
      `needs an entry ${template} under points`,
    ],
    [
      kind !== undefined && !isFit,
      [...path, 'mode'],
      `${template} is of kind ${kind}: pulse is for events, state for bool, value for the others`,
    ],
  ]
}

function vectorRules({ onvif, onvif_out, write }: OnvifProfile['tests'][number], i: number): Rule[] {
  const path: Path = ['tests', i]
  return [
    [(write === undefined) !== (onvif_out === undefined), path, 'write and onvif_out go together'],
    [write === undefined && onvif === undefined, path, 'nothing to read: onvif is missing'],
  ]
}
