import { useNavigate, useSearch } from '@tanstack/react-router'
import { Button, Segmented } from 'antd'
import { lazy, Suspense, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import type { Point } from '#contract/api/points.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { useEverySecond } from '../../live/use-point.ts'
import { pointTitle } from '../../points/point-value.tsx'
import { plotOf } from '../../points/words.ts'
import { Empty, Loading } from '../../ui/page-states.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { type History, withTail } from './history.ts'
import { HistorySummary } from './history-summary.tsx'
import { HistoryTable } from './history-table.tsx'
import type { PointSearch } from './point-search.ts'
import { RangeChoice } from './range-choice.tsx'
import { useDownload } from './use-download.ts'
import { useHistory, useTail } from './use-history.ts'

/** ECharts is large and only this page draws. */
const HistoryChart = lazy(() =>
  import('./history-chart.tsx').then((module) => ({ default: module.HistoryChart })),
)

/** The window of a range that ends now moves on in steps of this. */
const windowStepMs = 10_000

export function HistoryPanel({ point }: { readonly point: Point }) {
  const { t } = useTranslation()
  const search = useSearch({ from: '/shell/points/$gateway/$device/$' })
  const query = useHistory(point, search)
  const tail = useTail(point.id)
  const isOpen = search.range !== 'custom'
  const now = useEverySecond((at) => Math.floor(at / windowStepMs) * windowStepMs)
  const history = useMemo(
    () => query.data && (isOpen ? withTail(query.data, tail, now) : query.data),
    [query.data, tail, isOpen, now],
  )
  const canChart = plotOf(point.kind) !== 'none'
  const asTable = search.view === 'table' || !canChart
  return (
    <section aria-label={t('point.history')}>
      <div className="page-head">
        <h2>{t('point.history')}</h2>
        <HistoryTools point={point} search={search} history={history} canChart={canChart} />
      </div>
      <QueryView query={{ ...query, data: history }} skeletonRows={8}>
        {(shown) => <HistoryView point={point} history={shown} asTable={asTable} />}
      </QueryView>
    </section>
  )
}

type ToolsProps = {
  readonly point: Point
  readonly search: PointSearch
  readonly history: History | undefined
  readonly canChart: boolean
}

function HistoryTools({ point, search, history, canChart }: ToolsProps) {
  const { t } = useTranslation()
  const download = useDownload(point)
  const navigate = useNavigate({ from: '/points/$gateway/$device/$' })
  // A view is a matter of the address; going there cannot fail.
  const show = (view: 'chart' | 'table'): void =>
    void navigate({
      search: ({ view: _, ...rest }) => (view === 'table' ? { ...rest, view } : rest),
      replace: true,
    })
  return (
    <div className="filters">
      <RangeChoice search={search} />
      {canChart && (
        <Segmented<'chart' | 'table'>
          aria-label={t('point.view')}
          value={search.view ?? 'chart'}
          onChange={show}
          options={[
            { value: 'chart', label: t('point.chart') },
            { value: 'table', label: t('point.table') },
          ]}
        />
      )}
      <Button
        disabled={history === undefined || history.entries.length === 0}
        onClick={() => history && download(history)}
      >
        {t('point.download')}
      </Button>
    </div>
  )
}

type ViewProps = { readonly point: Point; readonly history: History; readonly asTable: boolean }

function HistoryView({ point, history, asTable }: ViewProps) {
  const { t } = useTranslation()
  const language = useLanguage()
  if (history.entries.length === 0) return <Empty title={t('point.emptyTitle')} hint={t('point.emptyHint')} />
  return (
    <div className="panel">
      {asTable ? (
        <HistoryTable point={point} history={history} />
      ) : (
        <Suspense fallback={<Loading rows={8} />}>
          <HistoryChart point={point} history={history} title={pointTitle(point, language)} />
        </Suspense>
      )}
      <HistorySummary point={point} history={history} />
    </div>
  )
}
