import { useTranslation } from 'react-i18next'
import type { Point } from '#contract/api/points.ts'
import { useDurationText } from '../../points/use-words.ts'
import { plotOf } from '../../points/words.ts'
import { Mark } from '../../ui/marks.tsx'
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
  return (
    <div className="summary muted">
      <span>{notes.join(' · ')}</span>
      <Odd mark="bad" count={countOf(history, 'bad')} />
      <Odd mark="stale" count={countOf(history, 'stale')} />
    </div>
  )
}

function countOf({ entries }: History, wanted: 'bad' | 'stale'): number {
  return entries.filter(({ quality }) => quality === wanted).length
}

/** How many entries are not good, with the shape they have on the chart. */
function Odd({ mark, count }: { readonly mark: 'bad' | 'stale'; readonly count: number }) {
  const { t } = useTranslation()
  if (count === 0) return null
  return (
    <span className={`state state-${mark}`}>
      <Mark name={mark} />
      <span>{t(`point.${mark}Count`, { count })}</span>
    </span>
  )
}
