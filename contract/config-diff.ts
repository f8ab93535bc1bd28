/** Differences of two contents, and a change laid over one. Entries of lists are found by their name, not by their position. Pure. */
import type { ConfigContent } from './configuration.ts'

export type Change = {
  readonly path: string
  readonly op: 'added' | 'removed' | 'changed'
  readonly before?: unknown
  readonly after?: unknown
}

type Raw = Readonly<Record<string, unknown>>

/** Every difference once, at the deepest place where it can be told; in the order of `before`, then what is new. */
export function diffContent(before: ConfigContent, after: ConfigContent): Change[] {
  return diff(before, after, '')
}

/**
 * `change` laid over `content`: maps are merged, `null` takes a field away, an entry of a list changes the one with its name or is
 * added, and is taken out where it says `remove: true`. Lists of other things are replaced.
 */
export function applyChange(content: ConfigContent, change: ConfigContent): ConfigContent {
  return mergeMaps(content, change)
}

/** What a gateway runs on: a list of `content` replaces that of its own file, of a map each field. */
export function effectiveContent(own: ConfigContent, content: ConfigContent): ConfigContent {
  const { added, ...sections } = own
  const over = Object.entries(content).map(([section, given]) => {
    const known = sections[section]
    return [section, isMap(known) && isMap(given) ? { ...known, ...given } : given] as const
  })
  return { ...sections, ...Object.fromEntries(over) }
}

/** Where a change begins: lists that only the gateway's own file has are taken from there, as they would be replaced. */
export function baseOfChange(
  own: ConfigContent,
  content: ConfigContent,
  change: ConfigContent,
): ConfigContent {
  const base: Record<string, unknown> = { ...content }
  for (const [section, given] of Object.entries(change)) {
    if (Array.isArray(given)) base[section] ??= own[section]
    if (!isMap(given)) continue
    const known = isMap(base[section]) ? base[section] : {}
    const file = isMap(own[section]) ? own[section] : {}
    const lists = Object.keys(given).filter(
      (field) => Array.isArray(given[field]) && known[field] === undefined,
    )
    if (lists.length > 0)
      base[section] = { ...known, ...Object.fromEntries(lists.map((field) => [field, file[field]])) }
  }
  return JSON.parse(JSON.stringify(base)) as ConfigContent
}

function diff(before: unknown, after: unknown, path: string): Change[] {
  if (same(before, after)) return []
  if (before === undefined) return [{ path, op: 'added', after }]
  if (after === undefined) return [{ path, op: 'removed', before }]
  if (isMap(before) && isMap(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)])
    return [...keys].flatMap((key) => diff(before[key], after[key], path === '' ? key : `${path}.${key}`))
  }
  const [old, now] = [byName(before), byName(after)]
  if (old === undefined || now === undefined) return [{ path, op: 'changed', before, after }]
  const names = new Set([...old.keys(), ...now.keys()])
  const changes = [...names].flatMap((name) => diff(old.get(name), now.get(name), `${path}[${name}]`))
  // Equal entries in another order: that counts for who reads the list from the top.
  return changes.length > 0
    ? changes
    : [{ path, op: 'changed', before: [...old.keys()], after: [...now.keys()] }]
}

function mergeMaps(content: Raw, change: Raw): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...content }
  for (const [key, value] of Object.entries(change)) {
    if (value === null) delete merged[key]
    else merged[key] = merge(merged[key], value)
  }
  return merged
}

function merge(content: unknown, change: unknown): unknown {
  if (isMap(change)) return mergeMaps(isMap(content) ? content : {}, change)
  const wanted = byName(change)
  if (wanted === undefined || wanted.size === 0) return change
  const known = byName(content ?? [])
  if (known === undefined) return change
  const merged = new Map(known)
  for (const [name, entry] of wanted) {
    if (entry.remove === true) merged.delete(name)
    else merged.set(name, mergeMaps(known.get(name) ?? {}, entry))
  }
  return [...merged.values()]
}

/** `undefined` for what is no list of entries with different names. */
function byName(value: unknown): Map<string, Raw> | undefined {
  if (!Array.isArray(value)) return undefined
  const named = new Map<string, Raw>()
  for (const entry of value) {
    if (!isMap(entry)) return undefined
    const name = entry.id ?? entry.username
    if (typeof name !== 'string' || named.has(name)) return undefined
    named.set(name, entry)
  }
  return named
}

function same(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((one, index) => same(one, b[index]))
  if (!isMap(a) || !isMap(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && same(a[key], b[key]))
}

function isMap(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
