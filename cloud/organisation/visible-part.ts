import type { Access } from '#cloud/access/access.ts'
import { type Organisation, type OrgNode, parentsFirst } from './organisation.ts'

/**
 * What a person may see of the organisation: the places of his grants with everything below and in them, and of the places
 * above them the names alone, so that he knows where he is. Pure.
 */
export function visiblePart(organisation: Organisation, access: Access): Organisation {
  if (access.can('view', 'everything')) return organisation
  const { nodes, gateways, devices } = organisation
  const seen = new Set(nodes.flatMap(({ id }) => (access.can('view', { node: id }) ? [id] : [])))
  const parents = new Map(nodes.map(({ id, parent }) => [id, parent]))
  const way = new Set<string>()
  for (const id of seen) {
    for (let at = parents.get(id); at !== undefined && !seen.has(at) && !way.has(at); at = parents.get(at))
      way.add(at)
  }
  return {
    nodes: parentsFirst(nodes).flatMap((node) => {
      if (seen.has(node.id)) return [node]
      return way.has(node.id) ? [nameOf(node)] : []
    }),
    gateways: standingIn(gateways, seen),
    devices: standingIn(devices, seen),
  }
}

function nameOf({ id, kind, title, parent }: OrgNode): OrgNode {
  return { id, kind, title, ...(parent === undefined ? {} : { parent }) }
}

function standingIn(places: ReadonlyMap<string, string>, nodes: ReadonlySet<string>): Map<string, string> {
  return new Map([...places].filter(([, place]) => nodes.has(place)))
}
