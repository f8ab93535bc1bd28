import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Gateway } from '#contract/api/gateways.ts'
import { gatewayQuery, ledgerQuery } from '../../api/queries.ts'
import { useMay } from '../../api/use-may.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { Empty } from '../../ui/page-states.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { useTitle } from '../../ui/use-title.ts'
import { ConfigSection } from '../configuration/config-section.tsx'
import { EnrolmentSection } from '../enrolment/enrolment-section.tsx'
import { BacklogTable } from './backlog-table.tsx'
import { BusSection } from './bus-section.tsx'
import { Connected } from './connected.tsx'
import { GatewayFacts } from './gateway-facts.tsx'
import { LedgerView } from './ledger-view.tsx'
import { OwnAlarms } from './own-alarms.tsx'

export function GatewayPage() {
  const { t } = useTranslation()
  const { gateway } = useParams({ from: '/shell/gateways/$gateway' })
  const query = useQuery(gatewayQuery(gateway))
  return (
    <>
      <nav className="crumbs" aria-label={t('gateways.title')}>
        <Link to="/gateways">{t('gateways.title')}</Link>
      </nav>
      <QueryView
        query={query}
        missing={<Empty isPage title={t('error.notFoundTitle')} hint={t('error.notFoundHint')} />}
      >
        {(found) => <GatewayView gateway={found} />}
      </QueryView>
    </>
  )
}

function GatewayView({ gateway }: { readonly gateway: Gateway }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const title = localText(gateway.title, language, gateway.id)
  const mayCommission = useMay('devices.manage')
  useTitle(title)
  return (
    <>
      <div className="page-head">
        <h1>{title}</h1>
        <Connected gateway={gateway} />
        <Link to="/devices" search={{ gateway: gateway.id }}>
          {t('nav.devices')}
        </Link>
        {mayCommission && (
          <Link to="/devices/add" search={{ gateway: gateway.id }}>
            {t('commissioning.title')}
          </Link>
        )}
      </div>
      <OwnAlarms gateway={gateway.id} />
      <GatewayFacts gateway={gateway} />
      {gateway.status !== undefined && (
        <>
          <h2>{t('gateways.backlog')}</h2>
          <BacklogTable backlog={gateway.status.backlog} />
        </>
      )}
      <EnrolmentSection gateway={gateway} name={title} />
      <ConfigSection gateway={gateway.id} />
      <BusSection gateway={gateway} />
      <LedgerSection gateway={gateway.id} />
    </>
  )
}

function LedgerSection({ gateway }: { readonly gateway: string }) {
  const { t } = useTranslation()
  const query = useQuery(ledgerQuery(gateway))
  return (
    <section aria-label={t('ledger.title')}>
      <div className="page-head">
        <h2>{t('ledger.title')}</h2>
        <Link to="/gateways/$gateway/ledger" params={{ gateway }} search={{}}>
          {t('ledger.byDay')}
        </Link>
      </div>
      <p className="muted">{t('ledger.intro')}</p>
      <QueryView query={query}>
        {({ streams }) =>
          streams.length === 0 ? (
            <Empty title={t('ledger.emptyTitle')} hint={t('ledger.emptyHint')} />
          ) : (
            <LedgerView streams={streams} />
          )
        }
      </QueryView>
    </section>
  )
}
