import type { AssetKind } from '#contract/assets.ts'

/** Without their words: the first page that is opened loads this, whichever it is. */
const kinds: Readonly<Record<AssetKind, true>> = { gateway: true, device: true, camera: true }

export type AssetsSearch = {
  kind?: AssetKind
  q?: string
  state?: 'removed' | 'all'
  contradicting?: true
  after?: string
}

/** The filters of the register, as they stand in the address: a link opens the same view. */
export function assetsSearch({
  kind,
  q,
  state,
  contradicting,
  after,
}: Record<string, unknown>): AssetsSearch {
  return {
    ...(typeof kind === 'string' && Object.hasOwn(kinds, kind) ? { kind: kind as AssetKind } : {}),
    ...textOf(q),
    ...(state === 'removed' || state === 'all' ? { state } : {}),
    ...(contradicting === true ? { contradicting } : {}),
    ...(typeof after === 'string' && after !== '' ? { after } : {}),
  }
}

/** An address like `?q=7` holds a number. */
function textOf(q: unknown): { q?: string } {
  const text = typeof q === 'string' || typeof q === 'number' ? String(q).trim().slice(0, 100) : ''
  return text === '' ? {} : { q: text }
}

export type UnknownSearch = { ignored?: true; after?: string }

export function unknownSearch({ ignored, after }: Record<string, unknown>): UnknownSearch {
  return {
    ...(ignored === true ? { ignored } : {}),
    ...(typeof after === 'string' && after !== '' ? { after } : {}),
  }
}
