import { useTranslation } from 'react-i18next'
import type { TreeChange } from '#contract/api/tree.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { type Column, Table } from '../../ui/table.tsx'
import type { TreeModel } from './tree-model.ts'
import { useTreeWords } from './use-tree-words.ts'

const maxShown = 200

export type ChangesTableProps = { readonly model: TreeModel; readonly changes: readonly TreeChange[] }

/** What happens to what, old and new. */
export function ChangesTable({ model, changes }: ChangesTableProps) {
  const { t } = useTranslation()
  const language = useLanguage()
  const columns: Column<TreeChange>[] = [
    { key: 'op', title: t('tree.op'), cell: ({ op }) => t(`tree.opName.${op}`) },
    {
      key: 'what',
      title: t('tree.what'),
      head: true,
      cell: ({ what, id, title }) => (
        <>
          <span>
            {id === undefined ? t('tree.top') : localText(title ?? model.byId.get(id)?.title, language, id)}
          </span>
          <span className="id">{[t(`tree.whatName.${what}`), id].filter(Boolean).join(' · ')}</span>
        </>
      ),
    },
    {
      key: 'content',
      title: t('tree.content'),
      wide: true,
      cell: ({ fields }) => <Fields {...{ model, fields }} />,
    },
  ]
  return (
    <>
      <Table
        label={t('tree.changes')}
        columns={columns}
        rows={changes.slice(0, maxShown)}
        rowKey={({ op, what, id = '' }) => `${op} ${what} ${id}`}
      />
      {changes.length > maxShown && (
        <p className="muted small">{t('tree.more', { shown: changes.length - maxShown })}</p>
      )}
    </>
  )
}

type FieldsProps = { readonly model: TreeModel; readonly fields: TreeChange['fields'] }

function Fields({ model, fields }: FieldsProps) {
  const language = useLanguage()
  const words = useTreeWords()
  const text = (field: string, value: unknown): string => {
    const isPlace = (field === 'parent' || field === 'place') && typeof value === 'string'
    return isPlace ? localText(model.byId.get(value)?.title, language, value) : words.value(field, value)
  }
  return (
    <ul className="change-fields">
      {fields.map(({ field, from, to }) => (
        <li key={field}>
          <span className="muted">{words.field(field)} </span>
          {from !== undefined && <del>{text(field, from)}</del>}
          {from !== undefined && ' → '}
          <ins>{text(field, to)}</ins>
        </li>
      ))}
    </ul>
  )
}
