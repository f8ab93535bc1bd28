import type { NodeDraft } from '#contract/api/tree.ts'

/** One place as it is kept. */
export type OrgNode = Omit<NodeDraft, 'order' | 'gateways'> & { readonly id: string }

/** The whole tree with what stands where. Siblings are in the order of the list. */
export type Organisation = {
  readonly nodes: readonly OrgNode[]
  /** Gateway → node. */
  readonly gateways: ReadonlyMap<string, string>
  /** `<gateway>/<device>` → node. */
  readonly devices: ReadonlyMap<string, string>
}

/** What there is to be placed. */
export type Inventory = {
  readonly gateways: ReadonlySet<string>
  /** `<gateway>/<device>` → category. */
  readonly devices: ReadonlyMap<string, string>
}

export function childrenByParent(nodes: readonly OrgNode[]): Map<string | undefined, OrgNode[]> {
  return Map.groupBy(nodes, ({ parent }) => parent)
}

/** Parents before their children, siblings as they are. What hangs on nothing or in a loop comes last. Pure. */
export function parentsFirst(nodes: readonly OrgNode[]): OrgNode[] {
  const children = childrenByParent(nodes)
  const ordered: OrgNode[] = []
  const seen = new Set<string>()
  const waiting = (children.get(undefined) ?? []).toReversed()
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    ordered.push(node)
    seen.add(node.id)
    waiting.push(...(children.get(node.id) ?? []).toReversed())
  }
  return [...ordered, ...nodes.filter(({ id }) => !seen.has(id))]
}

/** Each node with its place among its siblings, 0 first. Pure. */
export function ranks(nodes: readonly OrgNode[]): Map<string, number> {
  const result = new Map<string, number>()
  for (const siblings of childrenByParent(nodes).values()) {
    for (const [index, { id }] of siblings.entries()) result.set(id, index)
  }
  return result
}

/** Puts a node where it belongs: at `order` among its siblings, or where it was, or last. Pure. */
export function withNode(nodes: readonly OrgNode[], node: OrgNode, order?: number): OrgNode[] {
  const was = nodes.findIndex(({ id }) => id === node.id)
  if (order === undefined && was !== -1 && nodes[was]?.parent === node.parent) return nodes.with(was, node)
  const others = nodes.filter(({ id }) => id !== node.id)
  const siblings = others.filter(({ parent }) => parent === node.parent)
  const next = order === undefined ? undefined : siblings[order]
  return next === undefined ? [...others, node] : others.toSpliced(others.indexOf(next), 0, node)
}

/** Node → what stands there, by id. Pure. */
export function idsByPlace(places: ReadonlyMap<string, string>): Map<string, string[]> {
  const result = new Map<string, string[]>()
  for (const [id, place] of [...places].sort(([a], [b]) => (a < b ? -1 : 1)))
    result.set(place, [...(result.get(place) ?? []), id])
  return result
}
