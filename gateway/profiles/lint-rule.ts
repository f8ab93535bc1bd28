import type { Finding, Path } from '#lib/explain.ts'

/** One thing that must not be so, where, and what to tell the author. */
export type Rule = readonly [broken: boolean, path: Path, message: string]

export function broken(rules: readonly Rule[]): Finding[] {
  return rules.filter(([isBroken]) => isBroken).map(([, path, message]) => ({ path, message }))
}
