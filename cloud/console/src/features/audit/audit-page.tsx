import { useQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { AuditEntry } from '#contract/api/audit.ts'
import { apiUrl } from '../../api/client.ts'
import { Empty } from '../../ui/page-states.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { useTitle } from '../../ui/use-title.ts'
import '../commissioning/commissioning.css'
import './audit.css'
import { auditQuery } from './audit-api.ts'
import { AuditDetail } from './audit-detail.tsx'
import { AuditFilter } from './audit-filter.tsx'
import { AuditPaging } from './audit-paging.tsx'
import { AuditTable } from './audit-table.tsx'
import { ChainPanel } from './chain-panel.tsx'

export function AuditPage() {
  const { t } = useTranslation()
  const search = useSearch({ from: '/shell/audit' })
  const query = useQuery(auditQuery(search))
  const [opened, open] = useState<AuditEntry>()
  useTitle(t('audit.title'))
  const { after: _, ...filter } = search
  return (
    <>
      <div className="page-head">
        <h1>{t('audit.title')}</h1>
        <span className="audit-export">
          {t('audit.export')}
          <a href={apiUrl('/audit/export', { format: 'csv' })} download>
            CSV
          </a>
          <a href={apiUrl('/audit/export', { format: 'jsonl' })} download>
            JSONL
          </a>
        </span>
      </div>
      <ChainPanel />
      {/* Another filter in the address is another form. */}
      <AuditFilter key={JSON.stringify(filter)} filter={filter} />
      <QueryView query={query} skeletonRows={10}>
        {({ items, nextCursor }) =>
          items.length === 0 ? (
            <NoRows filtered={Object.keys(search).length > 0} />
          ) : (
            <>
              <AuditTable entries={items} onOpen={open} />
              <AuditPaging count={items.length} nextCursor={nextCursor} />
            </>
          )
        }
      </QueryView>
      {opened !== undefined && <AuditDetail entry={opened} onClose={() => open(undefined)} />}
    </>
  )
}

function NoRows({ filtered }: { readonly filtered: boolean }) {
  const { t } = useTranslation()
  if (!filtered) return <Empty title={t('audit.emptyTitle')} hint={t('audit.emptyHint')} />
  return (
    <Empty title={t('audit.noMatchTitle')} hint={t('audit.noMatchHint')}>
      <Link to="/audit" search={{}}>
        {t('audit.clear')}
      </Link>
    </Empty>
  )
}
