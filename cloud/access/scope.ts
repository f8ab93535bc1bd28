import { type Expression, type SqlBool, sql } from 'kysely'

/**
 * For a query's `where`: whether a place is one of `nodes` or below. What stands nowhere is not. Pure; the rows of
 * `tree_paths` name every place with itself and all above it.
 */
export function placeIn(place: Expression<string | null>, nodes: readonly string[]): Expression<SqlBool> {
  if (nodes.length === 0) return sql<SqlBool>`1 = 0`
  return sql<SqlBool>`${place} in (select node from tree_paths where ancestor in (${sql.join([...nodes])}))`
}

/**
 * Where a device stands, for the rows of a table that names it: its own place, else that of its gateway. `device` may name none.
 */
export function placeOfDevice(gateway: string, device: string): Expression<string | null> {
  return sql<string | null>`coalesce(
    (select d.place from devices as d where d.gateway = ${sql.ref(gateway)} and d.id = ${sql.ref(device)}),
    (select g.place from gateways as g where g.id = ${sql.ref(gateway)}))`
}
