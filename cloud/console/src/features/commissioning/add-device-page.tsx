import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Alert } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Gateway } from '#contract/api/gateways.ts'
import { gatewaysQuery } from '../../api/queries.ts'
import { useMay } from '../../api/use-may.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { Empty } from '../../ui/page-states.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { useTitle } from '../../ui/use-title.ts'
import { AddDevice } from './add-device.tsx'
import { ChoiceField } from './form-field.tsx'
import './commissioning.css'

export function AddDevicePage() {
  const { t } = useTranslation()
  const query = useQuery(gatewaysQuery)
  const mayCommission = useMay('devices.manage')
  useTitle(t('commissioning.title'))
  return (
    <>
      <nav className="crumbs" aria-label={t('devices.title')}>
        <Link to="/devices" search={{}}>
          {t('devices.title')}
        </Link>
      </nav>
      <div className="page-head">
        <h1>{t('commissioning.title')}</h1>
      </div>
      {mayCommission ? (
        <QueryView query={query} skeletonRows={3}>
          {({ items }) => <ChooseGateway gateways={items} />}
        </QueryView>
      ) : (
        <Empty title={t('commissioning.notYours')} hint={t('commissioning.notYoursHint')} />
      )}
    </>
  )
}

function ChooseGateway({ gateways }: { readonly gateways: readonly Gateway[] }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const { gateway } = useSearch({ from: '/shell/devices/add' })
  const navigate = useNavigate()
  const chosen =
    gateways.find(({ id }) => id === gateway) ?? (gateways.length === 1 ? gateways[0] : undefined)
  if (gateways.length === 0) {
    return (
      <Empty title={t('gateways.emptyTitle')} hint={t('gateways.emptyHint')}>
        <Link to="/gateways">{t('devices.toGateways')}</Link>
      </Empty>
    )
  }
  const options = gateways.map(({ id, title, connected }) => ({
    value: id,
    label: `${localText(title, language, id)} · ${connected ? t('gateways.connected') : t('gateways.notConnected')}`,
  }))
  return (
    <>
      <section aria-labelledby="gateway">
        <h2 id="gateway">{t('commissioning.stepGateway')}</h2>
        <div className="form-row">
          <ChoiceField
            label={t('device.gateway')}
            value={chosen?.id ?? ''}
            onChange={(id) => void navigate({ to: '/devices/add', search: { gateway: id }, replace: true })}
            options={[
              ...(chosen === undefined ? [{ value: '', label: t('commissioning.pleaseChoose') }] : []),
              ...options,
            ]}
          />
        </div>
      </section>
      {chosen !== undefined &&
        (chosen.connected ? <AddDevice key={chosen.id} gateway={chosen.id} /> : <Away gateway={chosen} />)}
    </>
  )
}

function Away({ gateway }: { readonly gateway: Gateway }) {
  const { t } = useTranslation()
  return (
    <Alert
      type="warning"
      showIcon
      className="notice"
      title={t('commissioning.awayTitle')}
      description={
        <>
          <p>{t('commissioning.awayHint')}</p>
          <Link to="/gateways/$gateway" params={{ gateway: gateway.id }}>
            {t('commissioning.toGateway')}
          </Link>
        </>
      }
    />
  )
}
