import type { Grant } from '#contract/api/session.ts'
import { AppError } from '#contract/errors.ts'
import { allows, type Permission, permissions, type Role } from '#contract/permissions.ts'

/** What a question of access is about. `everything` is what belongs to no place, or to all. */
export type Thing =
  | { readonly node: string }
  | { readonly gateway: string; readonly device?: string | undefined }
  | 'everything'

/** Where things stand. */
export interface PlaceIndex {
  /** The place itself and everything above it; empty for one that is not known. */
  above(node: string): ReadonlySet<string>
  /** A device stands at its own place, else where its gateway stands. */
  placeOf(gateway: string, device?: string): string | undefined
}

/**
 * What one person may see and do. A grant counts at its place and below; what stands nowhere is for those with a grant
 * everywhere. Nobody learns from a refusal that something exists which he may not see.
 */
export class Access {
  readonly #grants: readonly Grant[]
  readonly #places: PlaceIndex

  constructor(grants: readonly Grant[], places: PlaceIndex) {
    this.#grants = grants
    this.#places = places
  }

  /** What this person may do somewhere. */
  get permissions(): Permission[] {
    return permissions.filter((permission) => this.somewhere(permission))
  }

  somewhere(permission: Permission): boolean {
    return this.#grants.some(({ role }) => allows(role, permission))
  }

  can(permission: Permission, thing: Thing): boolean {
    return this.roles(thing).some((role) => allows(role, permission))
  }

  /** Throws AppError NOT_FOUND for what this person may not even see, and FORBIDDEN for what he may only see. */
  require(permission: Permission, thing: Thing): void {
    if (this.can(permission, thing)) return
    if (thing === 'everything' || this.can('view', thing))
      throw new AppError('FORBIDDEN', `this needs the permission ${permission} ${wordsOf(thing)}`)
    throw new AppError('NOT_FOUND', `there is no ${nameOf(thing)}`)
  }

  /** The roles that count for a thing. */
  roles(thing: Thing): Role[] {
    const place = this.#placeOf(thing)
    const above = place === undefined ? undefined : this.#places.above(place)
    return this.#grants.flatMap(({ role, node }) =>
      node === undefined || above?.has(node) === true ? [role] : [],
    )
  }

  /** The places of the grants that allow it, for a query; `undefined`: everywhere. */
  nodes(permission: Permission): readonly string[] | undefined {
    const counting = this.#grants.filter(({ role }) => allows(role, permission))
    const nodes = counting.flatMap(({ node }) => (node === undefined ? [] : [node]))
    return nodes.length < counting.length ? undefined : [...new Set(nodes)]
  }

  #placeOf(thing: Thing): string | undefined {
    if (thing === 'everything') return undefined
    return 'node' in thing ? thing.node : this.#places.placeOf(thing.gateway, thing.device)
  }
}

/** What a point belongs to: `<gateway>/<device>/<point>`, or a gateway alone. Pure. */
export function thingOfPoint(point: string): Exclude<Thing, 'everything'> {
  const [gateway = '', device] = point.split('/', 2)
  return { gateway, device }
}

function nameOf(thing: Exclude<Thing, 'everything'>): string {
  if ('node' in thing) return `place ${thing.node}`
  return thing.device === undefined ? `gateway ${thing.gateway}` : `device ${thing.gateway}/${thing.device}`
}

function wordsOf(thing: Thing): string {
  return thing === 'everything' ? 'everywhere' : `at the ${nameOf(thing)}`
}
