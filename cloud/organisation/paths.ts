type Node = { readonly id: string; readonly parent?: string | null | undefined }

/** Every place with itself and with all that is above it: `[ancestor, node]`. A loop ends where it began. Pure. */
export function pathsOf(nodes: readonly Node[]): [ancestor: string, node: string][] {
  const parents = new Map(nodes.map(({ id, parent }) => [id, parent ?? undefined]))
  return nodes.flatMap(({ id }) => {
    const above = new Set<string>()
    for (let at: string | undefined = id; at !== undefined && !above.has(at); at = parents.get(at))
      above.add(at)
    return [...above].map((ancestor): [string, string] => [ancestor, id])
  })
}
