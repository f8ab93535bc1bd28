import { useId, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Point } from '#contract/api/points.ts'
import { dateTimeText, siteOffsetMs } from '../../format/time.ts'
import { unitText } from '../../format/units.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { useValueText, useValueWithUnit } from '../../points/use-words.ts'
import { plotOf } from '../../points/words.ts'
import { useTheme } from '../../ui/theme.tsx'
import { TimeChart } from '../../ui/time-chart.tsx'
import { tokens } from '../../ui/tokens.ts'
import { chartData } from './chart-data.ts'
import { chartOption } from './chart-option.ts'
import { type Entry, gapMs, type History, heldToEnd } from './history.ts'

type HistoryChartProps = { readonly point: Point; readonly history: History; readonly title: string }

/** The chart, and under it one line that reads the entry under the pointer or the slider. */
export function HistoryChart({ point, history, title }: HistoryChartProps) {
  const { t } = useTranslation()
  const language = useLanguage()
  const theme = useTheme().name
  const valueText = useValueText()
  const [chosen, setChosen] = useState<number>()
  const { entries, span } = history
  const option = useMemo(() => {
    const gap = gapMs(history, point.staleAfterMs)
    const isStepped = plotOf(point.kind) === 'steps'
    const drawn = isStepped ? heldToEnd(history, gap) : history.entries
    const data = chartData(drawn, gap, (value) => valueText(point.id, value))
    const words = { bad: t('quality.bad'), stale: t('quality.stale') }
    return chartOption({
      data,
      span,
      colours: tokens[theme],
      unit: unitText(point.unit),
      locale: language,
      isStepped,
      words,
    })
  }, [history, point, theme, language])
  const at = chosen === undefined ? entries.length - 1 : nearest(entries, chosen)
  return (
    <div className="chart-box">
      <TimeChart option={option} onPoint={(shown) => setChosen(shown - siteOffsetMs(span.to))} />
      <Readout
        point={point}
        entries={entries}
        at={at}
        onMove={(index) => setChosen(entries[index]?.t)}
        label={t('point.chartLabel', { name: title, count: entries.length })}
      />
    </div>
  )
}

type ReadoutProps = {
  readonly point: Point
  readonly entries: readonly Entry[]
  readonly at: number
  readonly onMove: (index: number) => void
  readonly label: string
}

function Readout({ point, entries, at, onMove, label }: ReadoutProps) {
  const { t } = useTranslation()
  const id = useId()
  const valueText = useValueWithUnit()
  const entry = entries[at]
  if (entry === undefined) return null
  const { low, high, quality } = entry
  const band =
    low === undefined || high === undefined ? '' : ` (${valueText(point, low)} – ${valueText(point, high)})`
  const words = quality === 'good' ? '' : ` · ${t(`quality.${quality}`)}`
  const text = `${dateTimeText(entry.t)} · ${valueText(point, entry.value)}${band}${words}`
  return (
    <div className="readout">
      <input
        id={id}
        type="range"
        min={0}
        max={entries.length - 1}
        value={at}
        onChange={(event) => onMove(Number(event.target.value))}
        aria-label={label}
        aria-valuetext={text}
        title={t('point.readoutHint')}
      />
      <output htmlFor={id} className="readout-text">
        {text}
      </output>
    </div>
  )
}

/** Index of the entry closest to `t`. */
function nearest(entries: readonly Entry[], t: number): number {
  let best = 0
  for (const [index, entry] of entries.entries()) {
    if (Math.abs(entry.t - t) <= Math.abs((entries[best]?.t ?? 0) - t)) best = index
  }
  return best
}
