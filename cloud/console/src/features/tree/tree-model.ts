import type { TreeNode } from '#contract/api/tree.ts'
import { type NodeKind, nodeKinds, parentKinds } from '#contract/organisation.ts'

/** The flat list of the server, ready to be walked. */
export type TreeModel = {
  readonly nodes: readonly TreeNode[]
  readonly byId: ReadonlyMap<string, TreeNode>
  readonly children: ReadonlyMap<string | undefined, readonly TreeNode[]>
  /** Devices at a place and everywhere below it. */
  readonly devicesBelow: ReadonlyMap<string, number>
}

/** Parents come first in the list. */
export function modelOf(nodes: readonly TreeNode[]): TreeModel {
  const devicesBelow = new Map(nodes.map(({ id, devices }) => [id, devices]))
  for (const { id, parent } of nodes.toReversed()) {
    if (parent !== undefined)
      devicesBelow.set(parent, (devicesBelow.get(parent) ?? 0) + (devicesBelow.get(id) ?? 0))
  }
  return {
    nodes,
    byId: new Map(nodes.map((node) => [node.id, node])),
    children: Map.groupBy(nodes, ({ parent }) => parent),
    devicesBelow,
  }
}

/** From the top down to the place itself. */
export function pathTo({ byId }: TreeModel, id: string): TreeNode[] {
  const path: TreeNode[] = []
  for (let node = byId.get(id); node !== undefined; node = byId.get(node.parent ?? '')) path.unshift(node)
  return path
}

export type Found = {
  /** What the search found, with everything above it. */
  readonly shown: ReadonlySet<string>
  readonly matches: readonly string[]
  /** What has to be unfolded so that all of it can be seen. */
  readonly open: readonly string[]
}

/** More would be no help. */
export const maxMatches = 200

/** By a part of an id or of a name in either language. */
export function find(model: TreeModel, text: string): Found {
  const wanted = text.trim().toLowerCase()
  const matches = model.nodes
    .filter(({ id, title }) => [id, title.zh, title.en].some((one) => one?.toLowerCase().includes(wanted)))
    .slice(0, maxMatches)
    .map(({ id }) => id)
  const shown = new Set(matches.flatMap((id) => pathTo(model, id).map((node) => node.id)))
  const open = [...shown].filter((id) => model.children.get(id)?.some((child) => shown.has(child.id)))
  return { shown, matches, open }
}

/** Kinds that may be added below a place, or at the top. */
export function kindsBelow(kind: NodeKind | null): NodeKind[] {
  return nodeKinds.filter((one) => parentKinds[one].includes(kind))
}

/** Where a place of this kind may go; the top is `undefined`. */
export function parentsFor(
  { nodes }: TreeModel,
  kind: NodeKind,
): { top: boolean; nodes: readonly TreeNode[] } {
  return {
    top: parentKinds[kind].includes(null),
    nodes: nodes.filter((node) => parentKinds[kind].includes(node.kind)),
  }
}
