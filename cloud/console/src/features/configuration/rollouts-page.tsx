import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button } from 'antd'
import type { TFunction } from 'i18next'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { RolloutSummary } from '#contract/api/configuration.ts'
import { useMay } from '../../api/use-may.ts'
import { dateTimeText } from '../../format/time.ts'
import { Empty, Loading } from '../../ui/page-states.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { useTitle } from '../../ui/use-title.ts'
import { rolloutsQuery } from './config-api.ts'
import './configuration.css'

const RolloutForm = lazy(async () => ({ default: (await import('./rollout-form.tsx')).RolloutForm }))

/** One change for many gateways, in stages. */
export function RolloutsPage() {
  const { t } = useTranslation()
  const query = useQuery(rolloutsQuery)
  const mayChange = useMay('gateways.manage')
  const [isMaking, make] = useState(false)
  useTitle(t('rollouts.title'))
  return (
    <>
      <nav className="crumbs" aria-label={t('gateways.title')}>
        <Link to="/gateways">{t('gateways.title')}</Link>
      </nav>
      <div className="page-head">
        <h1>{t('rollouts.title')}</h1>
        {mayChange && !isMaking && (
          <Button type="primary" onClick={() => make(true)}>
            {t('rollouts.make')}
          </Button>
        )}
      </div>
      {isMaking && (
        <Suspense fallback={<Loading />}>
          <RolloutForm onClose={() => make(false)} />
        </Suspense>
      )}
      <QueryView query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t('rollouts.emptyTitle')} hint={t('rollouts.emptyHint')} />
          ) : (
            <Table label={t('rollouts.title')} columns={columnsOf(t)} rows={items} rowKey={({ id }) => id} />
          )
        }
      </QueryView>
    </>
  )
}

function columnsOf(t: TFunction): Column<RolloutSummary>[] {
  return [
    {
      key: 'comment',
      title: t('configuration.comment'),
      head: true,
      cell: ({ id, comment }) => (
        <Link to="/rollouts/$rollout" params={{ rollout: id }} className="row-link">
          {comment === '' ? t('rollouts.one') : comment}
        </Link>
      ),
    },
    { key: 'state', title: t('rollouts.stateTitle'), cell: ({ state }) => t(`rollouts.state.${state}`) },
    { key: 'at', title: t('configuration.at'), cell: ({ at }) => dateTimeText(Date.parse(at)) },
    { key: 'by', title: t('configuration.by'), cell: ({ by }) => by.displayName },
    {
      key: 'progress',
      title: t('rollouts.progress'),
      cell: ({ running, failed, total }) => t('rollouts.progressText', { running, failed, total }),
    },
  ]
}
