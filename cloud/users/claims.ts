import type { Grant } from '#contract/api/session.ts'
import type { Rule } from './user-config.ts'

export type Claims = Readonly<Record<string, unknown>>

/** Places that rules may name. */
export type KnownPlaces = {
  readonly ids: ReadonlySet<string>
  readonly bySchoolCode: ReadonlyMap<string, string>
}

const maxValues = 500
const maxLength = 500

/** The texts under a path such as `realm_access.roles`; a name with dots in it is found as well. Pure. */
export function valuesAt(claims: unknown, path: string): string[] {
  if (Array.isArray(claims)) return claims.slice(0, maxValues).flatMap((one) => valuesAt(one, path))
  if (path === '') return isScalar(claims) ? [String(claims).slice(0, maxLength)] : []
  if (typeof claims !== 'object' || claims === null) return []
  const names = Object.keys(claims).filter((name) => path === name || path.startsWith(`${name}.`))
  return names.flatMap((name) => valuesAt((claims as Claims)[name], path.slice(name.length + 1)))
}

/** The roles that the rules give, each once. A rule for a place that is not there gives nothing. Pure. */
export function grantsFor(rules: readonly Rule[], claims: Claims, places: KnownPlaces): Grant[] {
  const grants = new Map<string, Grant>()
  for (const rule of rules) {
    for (const groups of matchesOf(rule, valuesAt(claims, rule.claim))) {
      const grant = grantOf(rule, groups, places)
      if (grant !== undefined) grants.set(`${grant.role} ${grant.node ?? ''}`, grant)
    }
  }
  return [...grants.values()]
}

/** For each value that fits: what the groups of the expression caught. */
function matchesOf({ value, matches }: Rule, values: readonly string[]): string[][] {
  if (value !== undefined) return values.includes(value) ? [[value]] : []
  if (matches === undefined) return values.length > 0 ? [[]] : []
  const pattern = wholePattern(matches)
  return values.flatMap((one) => {
    const match = pattern.exec(one)
    return match === null ? [] : [[...match].map((group) => group ?? '')]
  })
}

export function wholePattern(matches: string): RegExp {
  return new RegExp(`^(?:${matches})$`, 'u')
}

function grantOf(
  { role, node, school }: Rule,
  groups: readonly string[],
  places: KnownPlaces,
): Grant | undefined {
  if (node !== undefined) return places.ids.has(node) ? { role, node } : undefined
  if (school === undefined) return { role }
  const code = school.replace(/\$(\d)/g, (_, index: string) => groups[Number(index)] ?? '')
  const found = places.bySchoolCode.get(code)
  return found === undefined ? undefined : { role, node: found }
}

function isScalar(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value)
}
