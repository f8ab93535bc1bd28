/** RFC 6901. `undefined` where there is nothing; never looks at inherited properties and never throws. */
export function valueAtPointer(document: unknown, pointer: string): unknown {
  let at = document
  for (const key of pointer.split('/').slice(1)) {
    if (typeof at !== 'object' || at === null) return undefined
    const name = key.replaceAll('~1', '/').replaceAll('~0', '~')
    if (!Object.hasOwn(at, name)) return undefined
    at = (at as Record<string, unknown>)[name]
  }
  return at
}
