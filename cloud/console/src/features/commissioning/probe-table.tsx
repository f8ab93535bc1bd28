import { useTranslation } from 'react-i18next'
import type { Probe } from '#contract/api/commissioning.ts'
import type { ProbedPoint } from '#contract/request.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { useValueWithUnit } from '../../points/use-words.ts'
import { Mark } from '../../ui/marks.tsx'
import { type Column, Table } from '../../ui/table.tsx'

export type ProbeTableProps = {
  readonly probe: Probe
  readonly confirmed: readonly string[]
  readonly onConfirm: (points: readonly string[]) => void
}

/** What came beside what it means; points of low confidence count only when a person has compared them with the display. */
export function ProbeTable({ probe, confirmed, onConfirm }: ProbeTableProps) {
  const { t } = useTranslation()
  const low = probe.points.filter(({ lowConfidence }) => lowConfidence)
  const all = useColumns(confirmed, onConfirm)
  const columns = low.length > 0 ? all : all.filter(({ key }) => key !== 'check')
  return (
    <>
      {low.length > 0 && <p className="notice muted">{t('commissioning.lowIntro', { count: low.length })}</p>}
      <Table
        label={t('commissioning.testRead')}
        columns={columns}
        rows={probe.points}
        rowKey={({ point }) => point}
      />
    </>
  )
}

const marks = { good: 'normal', bad: 'bad', stale: 'stale' } as const

function useColumns(
  confirmed: readonly string[],
  onConfirm: (points: readonly string[]) => void,
): Column<ProbedPoint>[] {
  const { t } = useTranslation()
  const language = useLanguage()
  const valueText = useValueWithUnit()
  const toggle = (point: string): void =>
    onConfirm(confirmed.includes(point) ? confirmed.filter((one) => one !== point) : [...confirmed, point])
  return [
    {
      key: 'point',
      title: t('device.point'),
      head: true,
      cell: ({ point, title, writable }) => (
        <>
          <span>{localText(title, language, point)}</span>
          <span className="id">{writable ? `${point} · ${t('device.writable')}` : point}</span>
        </>
      ),
    },
    {
      key: 'raw',
      title: t('commissioning.raw'),
      cell: ({ raw }) => <code className="raw">{raw ?? '–'}</code>,
    },
    {
      key: 'value',
      title: t('commissioning.decoded'),
      numeric: true,
      cell: ({ point, unit, value }) => valueText({ id: point, unit }, value),
    },
    {
      key: 'quality',
      title: t('quality.label'),
      cell: ({ quality, reason }) => (
        <span className={`state state-${marks[quality]}`}>
          <Mark name={marks[quality]} />
          <span>{t(`quality.${quality}`)}</span>
          {reason !== undefined && <span className="muted">{reason}</span>}
        </span>
      ),
    },
    {
      key: 'check',
      title: t('commissioning.check'),
      cell: ({ point, lowConfidence, quality }) =>
        lowConfidence ? (
          <label className="check">
            <input
              type="checkbox"
              checked={confirmed.includes(point)}
              disabled={quality !== 'good' && !confirmed.includes(point)}
              onChange={() => toggle(point)}
            />
            <span>{t('commissioning.checked')}</span>
            <span className="sr">{point}</span>
          </label>
        ) : (
          <span className="muted">{t('commissioning.noCheck')}</span>
        ),
    },
  ]
}
