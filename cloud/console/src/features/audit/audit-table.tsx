import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { AuditEntry } from '#contract/api/audit.ts'
import { dateTimeText } from '../../format/time.ts'
import type { Language } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { type Column, Table } from '../../ui/table.tsx'
import { actionText, personText } from './audit-words.ts'

export type AuditTableProps = {
  readonly entries: readonly AuditEntry[]
  readonly onOpen: (entry: AuditEntry) => void
}

export function AuditTable({ entries, onOpen }: AuditTableProps) {
  const { t } = useTranslation()
  const language = useLanguage()
  return (
    <Table
      label={t('audit.label')}
      columns={columnsOf(t, language, onOpen)}
      rows={entries}
      rowKey={({ seq }) => `${seq}`}
    />
  )
}

function columnsOf(
  t: TFunction,
  language: Language,
  onOpen: AuditTableProps['onOpen'],
): Column<AuditEntry>[] {
  return [
    {
      key: 'action',
      title: t('audit.action'),
      head: true,
      cell: (entry) => (
        <button type="button" className="audit-open" onClick={() => onOpen(entry)}>
          {actionText(entry.action, language)}
        </button>
      ),
    },
    {
      key: 'time',
      title: t('audit.time'),
      cell: ({ at }) => <span className="age">{dateTimeText(Date.parse(at))}</span>,
    },
    {
      key: 'who',
      title: t('audit.who'),
      cell: (entry) => (
        <>
          {personText(entry, t)}
          {entry.displayName !== '' && <span className="id">{entry.username}</span>}
        </>
      ),
    },
    { key: 'target', title: t('audit.target'), cell: ({ target }) => target || '–' },
    { key: 'outcome', title: t('audit.outcome'), cell: (entry) => <Outcome entry={entry} /> },
    { key: 'address', title: t('audit.address'), cell: ({ address }) => address || '–' },
  ]
}

export function Outcome({ entry: { outcome } }: { readonly entry: AuditEntry }) {
  const { t } = useTranslation()
  if (outcome === 'ok') return t('audit.ok')
  return (
    <>
      <span className="tone-bad">{t('audit.refused')}</span>
      <span className="id">{t(`errorCode.${outcome}`, { defaultValue: outcome })}</span>
    </>
  )
}
