export type TreeSearch = { node?: string }

/** Which place is open, as it stands in the address. */
export function treeSearch({ node }: Record<string, unknown>): TreeSearch {
  return typeof node === 'string' && /^[a-z0-9][a-z0-9-]{1,62}$/.test(node) ? { node } : {}
}
