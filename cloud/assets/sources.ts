import type { SourceState } from '#contract/data-classes.ts'

/** A point that says something of a room. */
export type Claim = {
  /** `<gateway>/<device>/<point>` */
  readonly point: string
  readonly room: string
  readonly quantity: string
  readonly isPrimary: boolean
}
export type Standing = { readonly sourceState: SourceState; readonly rivals: readonly string[] }

/** For what nobody else can say. */
export const onlySource: Standing = { sourceState: 'only', rivals: [] }

/**
 * One datum, one source: of several points that say the same of a room exactly one is the primary, or they are in conflict. A
 * sensor that was moved into a room with its own primary is a conflict again. Pure.
 */
export function standings(claims: readonly Claim[]): ReadonlyMap<string, Standing> {
  const result = new Map<string, Standing>()
  for (const group of Map.groupBy(claims, ({ room, quantity }) => `${room} ${quantity}`).values()) {
    const [first] = group
    if (group.length === 1 && first !== undefined) {
      result.set(first.point, onlySource)
      continue
    }
    const primaries = group.filter(({ isPrimary }) => isPrimary).length
    for (const { point, isPrimary } of group) {
      const rivals = group.flatMap((other) => (other.point === point ? [] : [other.point]))
      const settled = isPrimary ? 'primary' : 'secondary'
      result.set(point, { sourceState: primaries === 1 ? settled : 'conflict', rivals })
    }
  }
  return result
}
