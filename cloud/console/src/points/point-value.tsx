import { useTranslation } from 'react-i18next'
import type { Point } from '#contract/api/points.ts'
import { unitText } from '../format/units.ts'
import { localText } from '../i18n/local-text.ts'
import { useLanguage } from '../i18n/use-language.ts'
import { useEverySecond, usePoint } from '../live/use-point.ts'
import { Mark } from '../ui/marks.tsx'
import type { Worth } from './judge.ts'
import { useJudged } from './use-points.ts'
import { useAgeText, useValueText, useWorthText } from './use-words.ts'
import { nameInDevice } from './words.ts'

export function pointTitle(point: Point, language: 'zh-CN' | 'en'): string {
  return localText(point.title, language, nameInDevice(point.id))
}

/** The value of one point, kept up to date. It renders when this point changes and at no other time. */
export function PointValue({ point }: { readonly point: Point }) {
  const valueText = useValueText()
  const { sample, worth } = useJudged(point)
  const value = sample?.value ?? null
  const unit = typeof value === 'number' ? unitText(point.unit) : ''
  return (
    <span className={`value live-value worth-${worth}`} data-point={point.id} data-quality={worth}>
      <span className="value-number">{valueText(point.id, value)}</span>
      {unit !== '' && <span className="value-unit"> {unit}</span>}
    </span>
  )
}

const marks: Readonly<Record<Worth, 'normal' | 'bad' | 'stale' | 'none'>> = {
  good: 'normal',
  bad: 'bad',
  stale: 'stale',
  none: 'none',
}

/** Shape and word of what the value is worth. */
export function PointQuality({ point }: { readonly point: Point }) {
  const worthText = useWorthText()
  const { sample, worth } = useJudged(point)
  return (
    <span className={`state state-${marks[worth]}`}>
      <Mark name={marks[worth]} />
      <span>{worthText(worth, sample)}</span>
    </span>
  )
}

export function PointAge({ point }: { readonly point: Point }) {
  const ageText = useAgeText()
  const sample = usePoint(point.id)
  const text = useEverySecond((now) => ageText(sample === undefined ? undefined : now - sample.t))
  return <span className="age">{text}</span>
}

/** Name and value on one line of a device's row; a mark only where something is wrong with the value. */
export function KeyValue({ point }: { readonly point: Point }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const { worth } = useJudged(point)
  return (
    <span className="key-value">
      <span className="muted key-name">{pointTitle(point, language)}</span>
      <PointValue point={point} />
      {worth !== 'good' && worth !== 'none' && (
        <span className={`state state-${marks[worth]}`} title={t(`quality.${worth}`)}>
          <Mark name={marks[worth]} />
          <span className="sr">{t(`quality.${worth}`)}</span>
        </span>
      )}
    </span>
  )
}
