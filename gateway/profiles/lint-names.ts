import type { Finding, Path } from '#lib/explain.ts'
import { type Expanded, expandPoints } from './expand.ts'
import { broken } from './lint-rule.ts'
import { checkParams, typicalParams } from './params.ts'
import type { Profile } from './profile.ts'
import { withVariant } from './variants.ts'

type Reference = { readonly point: string; readonly path: Path }

type Parts = {
  readonly points: readonly Expanded<unknown>[]
  /** The profile without the overlay of the variant that is looked at. */
  readonly whole: Profile
}

/** Everything that refers to a point must find it, and every point is there once. Pure. */
export function lintNames(profile: Profile, { points, whole }: Parts): Finding[] {
  // What is said of a point holds where a variant has it, and a vector may have parameters of its own.
  const params = [{}, ...profile.tests.map((vector) => vector.params ?? {})].map(
    (given) => new Map([...typicalParams(profile), ...checkParams(profile.params ?? {}, given).values]),
  )
  const variants = Object.keys(whole.variants ?? {}).map((name) => withVariant(whole, name))
  const all = [whole, ...variants].flatMap((one) => params.flatMap((values) => expandPoints(one, values)))
  const known = new Set(all.flatMap(({ id, template }) => [id, template]))
  const seen = new Set<string>()
  const twice = points.filter(({ id }) => seen.size === seen.add(id).size)
  return [
    ...references(profile).flatMap(({ point, path }) =>
      broken([[!known.has(point), path, `the profile has no point ${point}`]]),
    ),
    ...twice.map(({ id, template }) => ({ path: ['points', template], message: `${id} exists twice` })),
  ]
}

function references({ availability, alarms = [], sim, points, tests }: Profile): Reference[] {
  const probe = availability?.probe
  return [
    ...(probe === undefined ? [] : [{ point: probe, path: ['availability', 'probe'] }]),
    ...alarms.map(({ point }, i) => ({ point, path: ['alarms', i, 'point'] })),
    ...Object.keys(sim?.points ?? {}).map((point) => ({ point, path: ['sim', 'points', point] })),
    ...(sim?.script ?? []).map(({ point }, i) => ({ point, path: ['sim', 'script', i, 'point'] })),
    ...Object.entries(points).flatMap(([template, { write }]) => readbackOf(template, write?.readback)),
    ...(tests as readonly Profile['tests'][number][]).flatMap((vector, i) =>
      referencesOf(vector, ['tests', i]),
    ),
  ]
}

function referencesOf(vector: Profile['tests'][number], path: Path): Reference[] {
  const { expect = {}, none = [], write = {} } = vector
  const history = 'history' in vector ? (vector.history ?? []) : []
  return [
    ...Object.keys(expect).map((point) => ({ point, path: [...path, 'expect', point] })),
    ...none.map((point, j) => ({ point, path: [...path, 'none', j] })),
    ...Object.keys(write).map((point) => ({ point, path: [...path, 'write', point] })),
    ...history.map(({ point }, j) => ({ point, path: [...path, 'history', j, 'point'] })),
  ]
}

type Readback = NonNullable<Profile['points'][string]['write']>['readback']

function readbackOf(template: string, readback: Readback | undefined): Reference[] {
  if (typeof readback !== 'object' || readback.point === undefined) return []
  return [{ point: readback.point, path: ['points', template, 'write', 'readback', 'point'] }]
}
