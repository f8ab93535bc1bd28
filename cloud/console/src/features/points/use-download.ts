import { useTranslation } from 'react-i18next'
import type { Point } from '#contract/api/points.ts'
import { dateTimeText } from '../../format/time.ts'
import { unitText } from '../../format/units.ts'
import { useValueText } from '../../points/use-words.ts'
import { csvOf, downloadText } from './csv.ts'
import type { History } from './history.ts'

/** Hands what is on screen over as a file. */
export function useDownload(point: Point): (history: History) => void {
  const { t } = useTranslation()
  const valueText = useValueText()
  return ({ entries, span }) => {
    const header = {
      time: t('point.time'),
      value: t('point.value'),
      unit: t('point.unit'),
      quality: t('quality.label'),
      low: t('point.min'),
      high: t('point.max'),
    }
    const wordOf = (value: Parameters<typeof valueText>[1]): string => valueText(point.id, value)
    const stamp = dateTimeText(span.from).replace(/[^\d]/g, '').slice(0, 12)
    const name = `${point.id.replaceAll('/', '_')}_${stamp}.csv`
    downloadText(name, csvOf(entries, { header, unit: unitText(point.unit), wordOf }))
  }
}
