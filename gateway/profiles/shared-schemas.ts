/** Pieces shorter than this are as clear where they stand. */
const minLength = 160

/** The same JSON Schema with every piece that occurs several times told once, under `$defs`. Pure. */
export function withSharedPieces(schema: object): object {
  const seen = new Map<string, { count: number; name: string; isNamed: boolean }>()
  const names = new Set<string>()
  count(schema, 'schema')
  const defs: Record<string, unknown> = {}
  const root = inner(schema)
  return { ...(root as object), $defs: defs }

  function count(piece: unknown, key: string): void {
    if (typeof piece !== 'object' || piece === null) return
    const text = JSON.stringify(piece)
    if (isSchema(piece) && text.length >= minLength) {
      const known = seen.get(text)
      if (known !== undefined) {
        known.count++
        return
      }
      seen.set(text, { count: 1, name: key, isNamed: false })
    }
    for (const [name, one] of Object.entries(piece))
      count(one, Array.isArray(piece) ? key : wordOf(name, key))
  }

  function outer(piece: unknown): unknown {
    if (typeof piece !== 'object' || piece === null) return piece
    const known = seen.get(JSON.stringify(piece))
    if (known === undefined || known.count < 2) return inner(piece)
    if (!known.isNamed) {
      known.isNamed = true
      known.name = freeName(known.name)
      defs[known.name] = inner(piece)
    }
    return { $ref: `#/$defs/${known.name}` }
  }

  function inner(piece: unknown): unknown {
    if (Array.isArray(piece)) return piece.map(outer)
    if (typeof piece !== 'object' || piece === null) return piece
    return Object.fromEntries(Object.entries(piece).map(([key, one]) => [key, outer(one)]))
  }

  function freeName(wanted: string): string {
    for (let i = 1; ; i++) {
      const name = i === 1 ? wanted : `${wanted}_${i}`
      if (names.has(name)) continue
      names.add(name)
      return name
    }
  }
}

function isSchema(piece: object): boolean {
  return 'type' in piece || 'anyOf' in piece || 'const' in piece
}

/** Named after the key under which it stands first, not after a keyword or a pattern. */
function wordOf(name: string, above: string): string {
  return /^(?!(?:anyOf|items|properties|patternProperties|if|then|else)$)[a-z][a-z0-9_]*$/.test(name)
    ? name
    : above
}
