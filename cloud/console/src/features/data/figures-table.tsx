import { useTranslation } from 'react-i18next'
import type { DerivedFigure } from '#contract/api/data-catalogue.ts'
import { dataClasses } from '#contract/data-classes.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { Table } from '../../ui/table.tsx'
import { useRetentionText, useUnitText } from './use-data-words.ts'

/** What the cloud makes itself, and of what. */
export function FiguresTable({ figures }: { readonly figures: readonly DerivedFigure[] }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const retentionText = useRetentionText()
  const unitText = useUnitText()
  return (
    <Table
      label={t('data.figures')}
      rows={figures}
      rowKey={({ id }) => id}
      columns={[
        {
          key: 'title',
          title: t('data.figure'),
          head: true,
          cell: ({ id, title }) => (
            <>
              <strong>{localText(title, language, id)}</strong>
              <span className="id">{id}</span>
            </>
          ),
        },
        { key: 'unit', title: t('point.unit'), cell: ({ unit }) => unitText(unit) },
        { key: 'madeOf', title: t('data.madeOf'), cell: ({ madeOf }) => localText(madeOf, language, '') },
        { key: 'api', title: 'API', cell: ({ api }) => <code className="data-api">{api}</code> },
        {
          key: 'class',
          title: t('data.class'),
          cell: ({ dataClass }) => localText(dataClasses[dataClass], language, dataClass),
        },
        { key: 'retention', title: t('data.retention'), cell: ({ retention }) => retentionText(retention) },
      ]}
    />
  )
}
