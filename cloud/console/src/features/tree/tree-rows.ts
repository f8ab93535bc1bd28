import type { TreeNode } from '#contract/api/tree.ts'
import type { TreeModel } from './tree-model.ts'

/** One line of the tree as it is unfolded now. */
export type Row = {
  readonly node: TreeNode
  /** 1 is the top. */
  readonly level: number
  /** Absent where nothing is below. */
  readonly isOpen?: boolean
  readonly position: number
  readonly siblings: number
}

/** The lines to draw; of a search only what it shows. Pure. */
export function rowsOf(
  { children }: TreeModel,
  open: ReadonlySet<string>,
  shown?: ReadonlySet<string>,
): Row[] {
  const below = (parent: string | undefined): TreeNode[] =>
    (children.get(parent) ?? []).filter(({ id }) => shown?.has(id) ?? true)
  const rows = (parent: string | undefined, level: number): Row[] => {
    const siblings = below(parent)
    return siblings.flatMap((node, index) => {
      const row = { node, level, position: index + 1, siblings: siblings.length }
      if (below(node.id).length === 0) return [row]
      const isOpen = open.has(node.id)
      return [{ ...row, isOpen }, ...(isOpen ? rows(node.id, level + 1) : [])]
    })
  }
  return rows(undefined, 1)
}

export type Step = { readonly focus?: string; readonly fold?: string; readonly unfold?: string }

/** What a key does at a line, as the pattern for trees of WAI-ARIA has it; `undefined` for any other key. Pure. */
export function stepOf(rows: readonly Row[], at: string, key: string): Step | undefined {
  const index = rows.findIndex(({ node }) => node.id === at)
  const row = rows[index]
  if (row === undefined) return undefined
  const to = (other: Row | undefined): Step => (other === undefined ? {} : { focus: other.node.id })
  switch (key) {
    case 'ArrowDown':
      return to(rows[index + 1])
    case 'ArrowUp':
      return to(rows[index - 1])
    case 'Home':
      return to(rows[0])
    case 'End':
      return to(rows.at(-1))
    case 'ArrowRight':
      if (row.isOpen === undefined) return {}
      return row.isOpen ? to(rows[index + 1]) : { unfold: at }
    case 'ArrowLeft':
      if (row.isOpen === true) return { fold: at }
      return to(rows.find(({ node }) => node.id === row.node.parent))
    default:
      return undefined
  }
}
