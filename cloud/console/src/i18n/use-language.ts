import { useTranslation } from 'react-i18next'
import { currentLanguage } from './i18n.ts'
import type { Language } from './local-text.ts'

export function useLanguage(): Language {
  return currentLanguage(useTranslation().i18n)
}
