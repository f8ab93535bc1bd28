import type { LocalText } from '#contract/text.ts'

export const languages = ['zh-CN', 'en'] as const
export type Language = (typeof languages)[number]

/** The language's name in itself. Not in `en.ts`, which only its readers load. */
export const englishName = 'English'

/** The text in the reader's language, in the other one when there is no such text, else what it is the name of. */
export function localText(text: LocalText | undefined, language: Language, fallback: string): string {
  const [first, second] = language === 'en' ? [text?.en, text?.zh] : [text?.zh, text?.en]
  return first || second || fallback
}
