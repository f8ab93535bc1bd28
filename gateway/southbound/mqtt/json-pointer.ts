/** Pointers come from profiles, so there are few; each is taken apart once and not once per message. */
const known = new Map<string, readonly string[]>()

function namesIn(pointer: string): readonly string[] {
  const names =
    known.get(pointer) ??
    pointer
      .split('/')
      .slice(1)
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  known.set(pointer, names)
  return names
}

/** RFC 6901. `undefined` where there is nothing; never looks at inherited properties and never throws. */
export function valueAtPointer(document: unknown, pointer: string): unknown {
  let at = document
  for (const name of namesIn(pointer)) {
    if (typeof at !== 'object' || at === null) return undefined
    if (!Object.hasOwn(at, name)) return undefined
    at = (at as Record<string, unknown>)[name]
  }
  return at
}
