import type { Path } from '#lib/explain.ts'

type Data = Readonly<Record<string, unknown>>

/**
 * `over` laid over `under`: maps merge by key, everything else is replaced, and `null` deletes what is there, if
 * anything. Pure; neither of the two is changed.
 */
export function laidOver(under: unknown, over: unknown): unknown {
  if (!isMap(under) || !isMap(over)) return over
  const merged: Record<string, unknown> = { ...under }
  for (const [key, value] of Object.entries(over)) {
    if (value === null) delete merged[key]
    else merged[key] = key in under ? laidOver(under[key], value) : value
  }
  return merged
}

/** Which of the values, the uppermost first, `path` comes from: what is missing everywhere is missing in the uppermost. */
export function ownerOf(layers: readonly unknown[], path: Path): number {
  let holders = layers.map((value, index) => ({ value, index }))
  for (const key of path) {
    const next = holders.flatMap(({ value, index }) =>
      isMap(value) && key in value ? [{ value: value[key], index }] : [],
    )
    const [first] = next
    if (first === undefined) break
    if (!isMap(first.value)) return first.index
    holders = next.filter(({ value }) => isMap(value))
  }
  return holders[0]?.index ?? 0
}

export function isMap(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
