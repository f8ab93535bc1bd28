import { pointKind, type ValueKind } from '#contract/point-vocabulary.ts'
import type { LocalText } from '#contract/text.ts'

/** What a point measures: from the vocabulary, or from the profile for a vendor's own point. */
export type Meaning = {
  readonly kind: ValueKind
  readonly unit: string
  readonly title: LocalText
  /** In the canonical unit. */
  readonly valid?: readonly [min: number, max: number]
}

type Said = { readonly kind?: ValueKind; readonly unit?: string }

/** `undefined` for a name that is neither in the vocabulary nor a vendor's own (`x.…`). */
export function meaningOf(id: string, said: Said): Meaning | undefined {
  const found = pointKind(id)
  if (found === undefined) return undefined
  const kind = found.kind ?? said.kind ?? 'num'
  const isNumber = kind === 'num' || kind === 'counter'
  return {
    kind,
    unit: found.unit ?? said.unit ?? '1',
    title: found.title,
    ...(found.valid !== undefined && isNumber ? { valid: found.valid } : {}),
  }
}
