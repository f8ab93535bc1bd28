import type { TFunction } from 'i18next'
import { zhCn } from '../../i18n/zh-cn.ts'

/** `meter.electric` is `meterElectric` in the dictionary, where a dot separates levels. */
function keyOf(category: string): string {
  return category.replace(/\.(\w)/g, (_, letter: string) => letter.toUpperCase())
}

/** The word for a category; one that nobody has translated yet is shown as the profile wrote it. */
export function categoryText(t: TFunction, category: string): string {
  const key = keyOf(category)
  return Object.hasOwn(zhCn.category, key) ? t(`category.${key as keyof typeof zhCn.category}`) : category
}
