import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Delivery } from '#contract/api/notifications.ts'
import { deliveryStates } from '#contract/notice.ts'
import { useMay } from '../../api/use-may.ts'
import { dateTimeText } from '../../format/time.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { type Priority, PriorityMark } from '../../ui/marks.tsx'
import { Empty } from '../../ui/page-states.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { Table } from '../../ui/table.tsx'
import { useTitle } from '../../ui/use-title.ts'
import { ChoiceField } from '../commissioning/form-field.tsx'
import { Outcome } from './delivery-words.tsx'
import { type LogSearch, logSearch } from './log-search.ts'
import { NotificationTabs } from './notification-tabs.tsx'
import { logQuery } from './notifications-api.ts'
import '../commissioning/commissioning.css'
import './notifications.css'

/** Who was told what by what, and what became of it. */
export function LogPage() {
  const { t } = useTranslation()
  const search = useSearch({ from: '/shell/notifications/log' })
  const query = useQuery(logQuery(search))
  useTitle(t('notifications.log'))
  return (
    <>
      <div className="page-head">
        <h1>{t('notifications.title')}</h1>
      </div>
      <NotificationTabs />
      <Filter search={search} />
      <QueryView query={query} skeletonRows={10}>
        {({ items, nextCursor }) =>
          items.length === 0 ? (
            <Empty title={t('notifications.noDeliveries')} hint={t('notifications.noDeliveriesHint')} />
          ) : (
            <>
              <Deliveries deliveries={items} />
              <Paging search={search} nextCursor={nextCursor} />
            </>
          )
        }
      </QueryView>
    </>
  )
}

function Filter({ search }: { readonly search: LogSearch }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const mayManage = useMay('notifications.manage')
  const { after: _, ...filter } = search
  // Going to an address cannot fail.
  const go = (next: Record<string, unknown>) =>
    void navigate({ to: '/notifications/log', search: logSearch({ ...filter, ...next }) })
  return (
    <search className="form-row">
      <ChoiceField
        label={t('notifications.stateLabel')}
        value={search.state ?? ''}
        onChange={(state) => go({ state })}
        options={[
          { value: '', label: t('notifications.anyState') },
          ...deliveryStates.map((state) => ({ value: state, label: t(`notifications.state.${state}`) })),
        ]}
      />
      {mayManage && (
        <ChoiceField
          label={t('notifications.whose')}
          value={search.mine === true ? 'mine' : ''}
          onChange={(value) => go({ mine: value === 'mine' ? true : undefined })}
          options={[
            { value: '', label: t('notifications.everybody') },
            { value: 'mine', label: t('notifications.onlyMine') },
          ]}
        />
      )}
    </search>
  )
}

function Deliveries({ deliveries }: { readonly deliveries: readonly Delivery[] }) {
  const { t } = useTranslation()
  const language = useLanguage()
  return (
    <div className="panel">
      <Table
        label={t('notifications.log')}
        rows={deliveries}
        rowKey={({ id }) => id}
        columns={[
          {
            key: 'what',
            title: t('notifications.what'),
            head: true,
            cell: ({ title, priority, kind }) => (
              <>
                {kind !== 'test' && <PriorityMark priority={priority as Priority} />}{' '}
                {localText(title, language, kind)}
              </>
            ),
          },
          {
            key: 'at',
            title: t('notifications.at'),
            cell: ({ at }) => <span className="age">{dateTimeText(Date.parse(at))}</span>,
          },
          { key: 'whom', title: t('notifications.whom'), cell: ({ receiver }) => receiver || '–' },
          {
            key: 'channel',
            title: t('notifications.channel'),
            cell: ({ channel }) => (channel === 'none' ? '–' : t(`notifications.kind.${channel as 'push'}`)),
          },
          {
            key: 'outcome',
            title: t('notifications.stateLabel'),
            cell: (delivery) => (
              <>
                <Outcome outcome={delivery} />
                <When delivery={delivery} />
              </>
            ),
          },
        ]}
      />
    </div>
  )
}

function When({ delivery: { nextAt, finishedAt, attempts } }: { readonly delivery: Delivery }) {
  const { t } = useTranslation()
  const time = nextAt ?? finishedAt
  if (time === undefined || attempts === 0) return null
  const key = nextAt === undefined ? 'notifications.ended' : 'notifications.next'
  return <span className="id">{t(key, { time: dateTimeText(Date.parse(time)), attempts })}</span>
}

type PagingProps = { readonly search: LogSearch; readonly nextCursor: string | undefined }

function Paging({ search, nextCursor }: PagingProps) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const { after, ...filter } = search
  return (
    <nav className="list-end" aria-label={t('notifications.morePages')}>
      {after !== undefined && (
        <Link to="/notifications/log" search={filter}>
          {t('notifications.newest')}
        </Link>
      )}
      {nextCursor !== undefined && (
        <Button
          onClick={() =>
            void navigate({ to: '/notifications/log', search: { ...filter, after: nextCursor } })
          }
        >
          {t('notifications.older')}
        </Button>
      )}
    </nav>
  )
}
