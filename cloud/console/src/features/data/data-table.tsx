import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { DataPoint } from '#contract/api/data-catalogue.ts'
import { dataClasses, sourceStates } from '#contract/data-classes.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { Table } from '../../ui/table.tsx'
import { useRetentionText, useUnitText } from './use-data-words.ts'

export type DataTableProps = {
  readonly points: readonly DataPoint[]
  /** Absent for whoever may only read. */
  readonly onOpen?: (point: DataPoint) => void
}

export function DataTable({ points, onOpen }: DataTableProps) {
  const { t } = useTranslation()
  const language = useLanguage()
  const retentionText = useRetentionText()
  const unitText = useUnitText()
  return (
    <Table
      label={t('data.title')}
      rows={points}
      rowKey={({ id }) => id}
      columns={[
        {
          key: 'title',
          title: t('device.point'),
          head: true,
          cell: (point) => {
            const name = localText(point.title, language, point.id)
            return (
              <>
                {onOpen === undefined ? (
                  <strong>{name}</strong>
                ) : (
                  <button type="button" className="data-open" onClick={() => onOpen(point)}>
                    {name}
                  </button>
                )}
                <span className="id">{point.id}</span>
              </>
            )
          },
        },
        { key: 'unit', title: t('point.unit'), cell: ({ unit }) => unitText(unit) },
        {
          key: 'source',
          title: t('data.source'),
          cell: ({ source }) => {
            const [gateway = '', device = ''] = source.device.split('/')
            return (
              <>
                <Link to="/devices/$gateway/$device" params={{ gateway, device }}>
                  {localText(source.title, language, source.device)}
                </Link>
                <span className="id">{source.profile}</span>
              </>
            )
          },
        },
        {
          key: 'where',
          title: t('assets.where'),
          cell: ({ where }) => where.map((name) => localText(name, language, '')).join(' / ') || '–',
        },
        {
          key: 'owner',
          title: t('data.owner'),
          cell: ({ owner }) => (owner === undefined ? '–' : localText(owner.title, language, owner.node)),
        },
        {
          key: 'class',
          title: t('data.class'),
          cell: ({ dataClass }) => localText(dataClasses[dataClass], language, dataClass),
        },
        { key: 'retention', title: t('data.retention'), cell: ({ retention }) => retentionText(retention) },
        {
          key: 'state',
          title: t('data.oneSource'),
          cell: ({ sourceState }) => (
            <span className={sourceState === 'conflict' ? 'tone-bad' : ''}>
              {localText(sourceStates[sourceState], language, sourceState)}
            </span>
          ),
        },
      ]}
    />
  )
}
