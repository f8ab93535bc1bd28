import type { Asset, AssetPatch } from '#contract/api/assets.ts'
import { type HandField, handFieldNames, type SharedField, sharedFieldNames } from '#contract/assets.ts'

type Field = SharedField | HandField
export type FormValues = { readonly [F in Field]?: string }

const fields: readonly Field[] = [...sharedFieldNames, ...handFieldNames]

/** What people have written so far. */
export function valuesOf({ byHand }: Asset): FormValues {
  return byHand
}

/** What differs from what is written, or `undefined` where nothing does. Pure. */
export function changedFields({ byHand }: Asset, values: FormValues): AssetPatch | undefined {
  const changed = fields.flatMap((field) => {
    const [was, is] = [byHand[field] ?? '', (values[field] ?? '').trim()]
    return was === is ? [] : [[field, is === '' ? null : is] as const]
  })
  return changed.length === 0 ? undefined : Object.fromEntries(changed)
}

/** Whether the thing says this itself, so that it counts whatever people write. Pure. */
export function isReported(asset: Asset, field: Field): boolean {
  if (!(sharedFieldNames as readonly string[]).includes(field)) return false
  const [counts, written] = [asset[field as SharedField], asset.byHand[field as SharedField]]
  const isContradicted = asset.contradictions.some((one) => one.field === field)
  return counts !== undefined && (isContradicted || counts !== written)
}
