import { useTranslation } from 'react-i18next'
import type { ConfigChange } from '#contract/api/configuration.ts'
import { type Column, Table } from '../../ui/table.tsx'
import { textOfValue } from './value-text.ts'

const maxShown = 200

export type ChangesTableProps = { readonly changes: readonly ConfigChange[]; readonly label: string }

/** Old and new side by side, with the place. */
export function ChangesTable({ changes, label }: ChangesTableProps) {
  const { t } = useTranslation()
  if (changes.length === 0) return <p className="muted">{t('configuration.noChange')}</p>
  const columns: Column<ConfigChange>[] = [
    {
      key: 'path',
      title: t('configuration.path'),
      head: true,
      cell: ({ path, op }) => (
        <>
          <code className="config-path">{path}</code>
          <span className="id">{t(`configuration.op.${op}`)}</span>
        </>
      ),
    },
    {
      key: 'before',
      title: t('configuration.before'),
      wide: true,
      cell: ({ before }) => <Value label={t('configuration.before')} value={before} kind="del" />,
    },
    {
      key: 'after',
      title: t('configuration.after'),
      wide: true,
      cell: ({ after }) => <Value label={t('configuration.after')} value={after} kind="ins" />,
    },
  ]
  return (
    <>
      <Table label={label} columns={columns} rows={changes.slice(0, maxShown)} rowKey={({ path }) => path} />
      {changes.length > maxShown && (
        <p className="muted small">{t('configuration.more', { shown: changes.length - maxShown })}</p>
      )}
    </>
  )
}

type ValueProps = { readonly label: string; readonly value: unknown; readonly kind: 'ins' | 'del' }

function Value({ label, value, kind: Kind }: ValueProps) {
  return (
    <>
      <span className="config-side muted small">{label}</span>
      {value === undefined ? (
        <span className="muted">–</span>
      ) : (
        <Kind className="config-value">{textOfValue(value)}</Kind>
      )}
    </>
  )
}
