import { useTranslation } from 'react-i18next'
import type { Point } from '#contract/api/points.ts'
import { useDurationText } from '../../points/use-words.ts'
import { plotOf } from '../../points/words.ts'
import type { History } from './history.ts'

/** What the chart or the table is made of: how many points and what each of them stands for. */
export function HistorySummary({ point, history }: { readonly point: Point; readonly history: History }) {
  const { t } = useTranslation()
  const durationText = useDurationText()
  const { bucketMs, entries, truncated } = history
  const count = entries.length
  const isBand = entries.some(({ low }) => low !== undefined)
  const what =
    bucketMs === undefined
      ? t('point.summaryRaw', { count })
      : t('point.summary', {
          count,
          bucket: durationText(bucketMs),
          aggregate: isBand ? t('point.mean') : t('point.last'),
        })
  const notes = [
    what,
    ...(isBand ? [t('point.band')] : []),
    ...(plotOf(point.kind) === 'none' ? [t('point.notCharted')] : [t('point.gaps')]),
    ...(truncated ? [t('point.truncated')] : []),
  ]
  return <p className="summary muted">{notes.join(' · ')}</p>
}
