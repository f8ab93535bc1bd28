import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button } from 'antd'
import type { TFunction } from 'i18next'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Gateway } from '#contract/api/gateways.ts'
import { gatewaysQuery } from '../../api/queries.ts'
import { useMay } from '../../api/use-may.ts'
import { countText } from '../../format/number.ts'
import { type Language, localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { Empty } from '../../ui/page-states.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { useTitle } from '../../ui/use-title.ts'
import { AddGateway } from '../enrolment/add-gateway.tsx'
import { Connected } from './connected.tsx'
import { autonomyHoursText, waitingSamples } from './waiting.ts'

export function GatewaysPage() {
  const { t } = useTranslation()
  const language = useLanguage()
  const query = useQuery(gatewaysQuery)
  const mayManage = useMay('gateways.manage')
  const [isAdding, setAdding] = useState(false)
  useTitle(t('gateways.title'))
  return (
    <>
      <div className="page-head">
        <h1>{t('gateways.title')}</h1>
        {mayManage && !isAdding && <Button onClick={() => setAdding(true)}>{t('enrolment.add')}</Button>}
        <Link to="/rollouts">{t('rollouts.title')}</Link>
      </div>
      {isAdding && <AddGateway onClose={() => setAdding(false)} />}
      <QueryView query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t('gateways.emptyTitle')} hint={t('gateways.emptyHint')} />
          ) : (
            <Table
              label={t('gateways.title')}
              columns={columnsOf(t, language)}
              rows={items}
              rowKey={({ id }) => id}
            />
          )
        }
      </QueryView>
    </>
  )
}

function columnsOf(t: TFunction, language: Language): Column<Gateway>[] {
  return [
    { key: 'gateway', title: t('nav.gateways'), head: true, cell: (gateway) => <Name gateway={gateway} /> },
    { key: 'state', title: t('devices.state'), cell: (gateway) => <Connected gateway={gateway} /> },
    {
      key: 'devices',
      title: t('gateways.devices'),
      cell: ({ status }) => (status === undefined ? '–' : t('gateways.devicesText', { ...status.devices })),
    },
    { key: 'backlog', title: t('gateways.backlog'), cell: (gateway) => <Waiting gateway={gateway} /> },
    {
      key: 'autonomy',
      title: t('gateways.autonomy'),
      cell: ({ status }) =>
        status?.autonomyH === undefined
          ? '–'
          : t('gateways.hours', { hours: autonomyHoursText(status.autonomyH, language) }),
    },
    { key: 'software', title: t('gateways.software'), cell: ({ software }) => software ?? '–' },
  ]
}

function Name({ gateway }: { readonly gateway: Gateway }) {
  const language = useLanguage()
  return (
    <>
      <Link to="/gateways/$gateway" params={{ gateway: gateway.id }} className="row-link">
        {localText(gateway.title, language, gateway.id)}
      </Link>
      <span className="id">{gateway.id}</span>
    </>
  )
}

function Waiting({ gateway }: { readonly gateway: Gateway }) {
  const { t } = useTranslation()
  const language = useLanguage()
  if (gateway.status === undefined) return '–'
  const count = waitingSamples(gateway.status)
  if (count === 0) return t('gateways.nothingWaits')
  return t('gateways.waits', { count, shown: countText(count, language) })
}
