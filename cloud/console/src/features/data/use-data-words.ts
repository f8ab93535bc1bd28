import type { DataPoint } from '#contract/api/data-catalogue.ts'
import { retentionClasses } from '#contract/data-classes.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'

/** Its class and how long that is kept: `Telemetry · 400d`. */
export function useRetentionText(): (retention: DataPoint['retention']) => string {
  const language = useLanguage()
  return ({ class: name, keep }) =>
    [localText(retentionClasses[name], language, name), keep].filter(Boolean).join(' · ')
}

/** Written out, with UCUM: `degree Celsius (Cel)`; nothing for what has no unit. */
export function useUnitText(): (unit: DataPoint['unit']) => string {
  const language = useLanguage()
  return ({ ucum, name }) => {
    if (ucum === '1') return '–'
    const text = localText(name, language, '')
    if (text === '') return ucum
    return language === 'en' ? `${text} (${ucum})` : `${text}（${ucum}）`
  }
}
