/** Building JSON by RFC 6901 pointers: the opposite of reading it. */
type Json = Record<string, unknown>

/** `document` with `value` where the pointer says; a number in the pointer makes a list. */
export function place(document: unknown, pointer: string, value: unknown): unknown {
  return placed(document, namesIn(pointer), value)
}

export function presentAt(document: unknown, pointer: string): boolean {
  let at = document
  for (const name of namesIn(pointer)) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return false
    at = (at as Json)[name]
  }
  return true
}

function placed(document: unknown, [name, ...rest]: readonly string[], value: unknown): unknown {
  if (name === undefined) return value
  if (/^\d{1,3}$/.test(name) && (document === undefined || Array.isArray(document))) {
    const list: unknown[] = Array.isArray(document) ? document : []
    // What comes before it is there as well, and empty.
    while (list.length <= Number(name)) list.push(undefined)
    list[Number(name)] = placed(list[Number(name)], rest, value)
    return list
  }
  const object: Json = typeof document === 'object' && document !== null ? (document as Json) : {}
  object[name] = placed(object[name], rest, value)
  return object
}

function namesIn(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
}
