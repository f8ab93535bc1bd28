import { Button } from 'antd'
import type { TFunction } from 'i18next'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Point } from '#contract/api/points.ts'
import { dateTimeText } from '../../format/time.ts'
import { useValueWithUnit } from '../../points/use-words.ts'
import { Mark } from '../../ui/marks.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import type { Entry, History } from './history.ts'

const pageSize = 100

/** The same data as the chart, newest first. */
export function HistoryTable({ point, history }: { readonly point: Point; readonly history: History }) {
  const { t } = useTranslation()
  const valueText = useValueWithUnit()
  const [shown, setShown] = useState(pageSize)
  const rows = history.entries.toReversed().slice(0, shown)
  const hasBand = history.entries.some(({ low }) => low !== undefined)
  const text = (value: Entry['value'] | undefined): string =>
    value === undefined ? '–' : valueText(point, value)
  return (
    <>
      <Table
        label={t('point.history')}
        columns={columnsOf(t, text, hasBand)}
        rows={rows}
        rowKey={({ t: at }) => String(at)}
      />
      {shown < history.entries.length && (
        <div className="list-end">
          <Button onClick={() => setShown(shown + pageSize)}>{t('table.more')}</Button>
        </div>
      )}
    </>
  )
}

function columnsOf(
  t: TFunction,
  text: (value: Entry['value'] | undefined) => string,
  hasBand: boolean,
): Column<Entry>[] {
  const band: Column<Entry>[] = [
    { key: 'low', title: t('point.min'), numeric: true, cell: ({ low }) => text(low) },
    { key: 'high', title: t('point.max'), numeric: true, cell: ({ high }) => text(high) },
  ]
  return [
    { key: 't', title: t('point.time'), head: true, cell: ({ t: at }) => dateTimeText(at) },
    { key: 'value', title: t('point.value'), numeric: true, cell: ({ value }) => text(value) },
    ...(hasBand ? band : []),
    { key: 'quality', title: t('quality.label'), cell: ({ quality }) => <QualityCell quality={quality} /> },
  ]
}

function QualityCell({ quality }: Pick<Entry, 'quality'>) {
  const { t } = useTranslation()
  const mark = quality === 'good' ? 'normal' : quality
  return (
    <span className={`state state-${mark}`}>
      <Mark name={mark} />
      <span>{t(`quality.${quality}`)}</span>
    </span>
  )
}
