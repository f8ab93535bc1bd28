import i18next, { type i18n } from 'i18next'
import { initReactI18next } from 'react-i18next'
import { type Language, languages } from './local-text.ts'
import { zhCn } from './zh-cn.ts'

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation'
    resources: { translation: typeof zhCn }
  }
}

const storageKey = 'console.language'

/** Chinese unless the reader chose otherwise on this browser. */
export function storedLanguage(storage: Pick<Storage, 'getItem'> = localStorage): Language {
  const stored = storage.getItem(storageKey)
  return languages.find((language) => language === stored) ?? 'zh-CN'
}

export async function startI18n(): Promise<i18n> {
  await i18next.use(initReactI18next).init({
    lng: storedLanguage(),
    fallbackLng: 'zh-CN',
    resources: { 'zh-CN': { translation: zhCn }, ...(await otherWords(storedLanguage())) },
    interpolation: { escapeValue: false },
    returnNull: false,
  })
  showLanguage(currentLanguage(i18next))
  return i18next
}

/** English is loaded by who reads it. */
async function otherWords(language: Language): Promise<{ en?: { translation: object } }> {
  return language === 'en' ? { en: { translation: (await import('./en.ts')).en } } : {}
}

export function currentLanguage({ language }: Pick<i18n, 'language'>): Language {
  return language === 'en' ? 'en' : 'zh-CN'
}

export async function changeLanguage(language: Language): Promise<void> {
  localStorage.setItem(storageKey, language)
  for (const [name, words] of Object.entries(await otherWords(language)))
    i18next.addResourceBundle(name, 'translation', words.translation)
  await i18next.changeLanguage(language)
  showLanguage(language)
}

/** Screen readers choose their voice by this, and the browser its glyphs. */
function showLanguage(language: Language): void {
  document.documentElement.lang = language
}
