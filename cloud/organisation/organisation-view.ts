import type { Tree, TreeNode } from '#contract/api/tree.ts'
import { idsByPlace, type Organisation, type OrgNode, parentsFirst, ranks } from './organisation.ts'

export type Shown = {
  readonly organisation: Organisation
  /** Node → digest of its drawing. */
  readonly plans: ReadonlyMap<string, string>
}

/** The tree as the API shows it. Pure. */
export function treeView(shown: Shown, gateways: readonly string[]): Tree {
  const { organisation } = shown
  return {
    nodes: parentsFirst(organisation.nodes).map(nodeView(shown)),
    unplacedGateways: gateways.filter((gateway) => !organisation.gateways.has(gateway)),
  }
}

export function nodeView({ organisation, plans }: Shown): (node: OrgNode) => TreeNode {
  const { nodes, gateways, devices } = organisation
  const [gatewaysAt, devicesAt, order] = [idsByPlace(gateways), idsByPlace(devices), ranks(nodes)]
  return (node) => {
    const plan = plans.get(node.id)
    return {
      ...node,
      order: order.get(node.id) ?? 0,
      gateways: gatewaysAt.get(node.id) ?? [],
      devices: devicesAt.get(node.id)?.length ?? 0,
      ...(plan === undefined ? {} : { plan }),
    }
  }
}
