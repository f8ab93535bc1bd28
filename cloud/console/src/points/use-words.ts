import { useTranslation } from 'react-i18next'
import type { Value } from '#contract/sample.ts'
import { numberText } from '../format/number.ts'
import { ageOf } from '../format/time.ts'
import { unitText } from '../format/units.ts'
import { useLanguage } from '../i18n/use-language.ts'
import type { LiveSample } from '../live/live-store.ts'
import type { Worth } from './judge.ts'
import { boolWord } from './words.ts'

/** A value in words, without its unit. */
export function useValueText(): (pointId: string, value: Value) => string {
  const { t } = useTranslation()
  const language = useLanguage()
  return (pointId, value) => {
    if (value === null) return '–'
    if (typeof value === 'number') return numberText(value, language)
    if (typeof value === 'boolean') return t(`value.${boolWord(pointId, value)}`)
    // A word that the vocabulary does not know is the device's own.
    return /^[a-z_]+$/.test(value) ? t(`enumWord.${value as 'auto'}`, { defaultValue: value }) : value
  }
}

/** A value with its unit, for text that is not laid out in columns. */
export function useValueWithUnit(): (point: { id: string; unit: string }, value: Value) => string {
  const valueText = useValueText()
  return ({ id, unit }, value) => {
    const text = valueText(id, value)
    return typeof value === 'number' && unitText(unit) !== '' ? `${text} ${unitText(unit)}` : text
  }
}

export function useAgeText(): (ms: number | undefined) => string {
  const { t } = useTranslation()
  return (ms) => {
    if (ms === undefined) return t('age.none')
    const { unit, count } = ageOf(ms)
    return t(`age.${unit}`, { count })
  }
}

/** `5 min`, `2 h`: a length of time in the largest unit that fits it evenly. */
export function useDurationText(): (ms: number) => string {
  const { t } = useTranslation()
  return (ms) => {
    const seconds = Math.round(ms / 1000)
    if (seconds >= 86_400 && seconds % 86_400 === 0) return t('duration.day', { count: seconds / 86_400 })
    if (seconds >= 3600 && seconds % 3600 === 0) return t('duration.hour', { count: seconds / 3600 })
    if (seconds >= 60 && seconds % 60 === 0) return t('duration.minute', { count: seconds / 60 })
    return t('duration.second', { count: seconds })
  }
}

/** The word for what a value is worth, with the reason where one is known. */
export function useWorthText(): (worth: Worth, sample: LiveSample | undefined) => string {
  const { t } = useTranslation()
  return (worth, sample) => {
    const word = t(`quality.${worth}`)
    if (worth !== 'bad' || sample?.reason === undefined) return word
    const reason: string = t(`reason.${sample.reason as 'missing'}`, { defaultValue: sample.reason })
    return `${word} · ${reason}`
  }
}
