import type { Grant } from '#contract/api/session.ts'
import { allows } from '#contract/permissions.ts'
import { pathTo, type TreeModel } from '../tree/tree-model.ts'

export type Giveable = { readonly everywhere: boolean; readonly nodes: readonly string[] }

/** Where somebody may give roles, as far as the page can tell; the server decides. Pure. */
export function giveable(own: readonly Grant[], model: TreeModel): Giveable {
  const managing = own.filter(({ role }) => allows(role, 'users.manage'))
  const everywhere = managing.some(({ node }) => node === undefined)
  const places = new Set(managing.map(({ node }) => node))
  const isBelow = (id: string) => everywhere || pathTo(model, id).some((node) => places.has(node.id))
  return { everywhere, nodes: model.nodes.flatMap(({ id }) => (isBelow(id) ? [id] : [])) }
}
