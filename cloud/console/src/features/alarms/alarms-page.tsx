import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Segmented } from 'antd'
import { useTranslation } from 'react-i18next'
import { alarmsQuery } from '../../api/queries.ts'
import { Empty } from '../../ui/page-states.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { useTitle } from '../../ui/use-title.ts'
import { AlarmsTable } from './alarms-table.tsx'

export function AlarmsPage() {
  const { t } = useTranslation()
  const { show } = useSearch({ from: '/shell/alarms' })
  const state = show === 'all' ? 'all' : 'open'
  const query = useQuery(alarmsQuery(state))
  const navigate = useNavigate()
  useTitle(t('alarms.title'))
  return (
    <>
      <div className="page-head">
        <h1>{t('alarms.title')}</h1>
        <Segmented<'open' | 'all'>
          aria-label={t('alarms.show')}
          value={state}
          // The choice is a matter of the address; going there cannot fail.
          onChange={(chosen) =>
            void navigate({ to: '/alarms', search: chosen === 'all' ? { show: 'all' } : {}, replace: true })
          }
          options={[
            { value: 'open', label: t('alarms.open') },
            { value: 'all', label: t('alarms.all') },
          ]}
        />
      </div>
      <QueryView query={query}>
        {({ items, nextCursor }) =>
          items.length === 0 ? (
            <NoAlarms state={state} />
          ) : (
            <>
              <AlarmsTable alarms={items} />
              {nextCursor !== undefined && (
                <p className="list-end muted">{t('alarms.clipped', { count: items.length })}</p>
              )}
            </>
          )
        }
      </QueryView>
    </>
  )
}

function NoAlarms({ state }: { readonly state: 'open' | 'all' }) {
  const { t } = useTranslation()
  return state === 'open' ? (
    <Empty title={t('alarms.emptyTitle')} hint={t('alarms.emptyHint')}>
      <Link to="/alarms" search={{ show: 'all' }}>
        {t('alarms.showAll')}
      </Link>
    </Empty>
  ) : (
    <Empty title={t('alarms.emptyAllTitle')} hint={t('alarms.emptyAllHint')}>
      <Link to="/devices" search={{}}>
        {t('alarms.toDevices')}
      </Link>
    </Empty>
  )
}
