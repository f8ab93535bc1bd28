import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { Button } from 'antd'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { GatewayConfiguration, ReportedConfig } from '#contract/api/configuration.ts'
import { useMay } from '../../api/use-may.ts'
import { dateTimeText } from '../../format/time.ts'
import { Fact, Facts } from '../../ui/facts.tsx'
import { Empty, Loading } from '../../ui/page-states.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { useTitle } from '../../ui/use-title.ts'
import { ChangesTable } from './changes-table.tsx'
import { configQuery } from './config-api.ts'
import { ConfigHistory } from './config-history.tsx'
import { ConfigStateMark } from './config-state.tsx'
import { ProblemsList } from './problems-list.tsx'
import './configuration.css'

/** Reading and writing YAML is a third of a page: it comes when somebody edits. */
const ConfigEditor = lazy(async () => ({ default: (await import('./config-editor.tsx')).ConfigEditor }))

/** What a gateway is to run on, what it runs on, and the way from one to the other. */
export function ConfigPage() {
  const { t } = useTranslation()
  const { gateway } = useParams({ from: '/shell/gateways/$gateway/config' })
  const query = useQuery(configQuery(gateway))
  useTitle(`${t('configuration.title')} · ${gateway}`)
  return (
    <>
      <nav className="crumbs" aria-label={t('gateways.title')}>
        <Link to="/gateways">{t('gateways.title')}</Link>
        {' / '}
        <Link to="/gateways/$gateway" params={{ gateway }}>
          {gateway}
        </Link>
      </nav>
      <QueryView
        query={query}
        missing={<Empty isPage title={t('error.notFoundTitle')} hint={t('error.notFoundHint')} />}
      >
        {(configuration) => <ConfigView configuration={configuration} />}
      </QueryView>
    </>
  )
}

function ConfigView({ configuration }: { readonly configuration: GatewayConfiguration }) {
  const { t } = useTranslation()
  const [isEditing, edit] = useState(false)
  const mayChange = useMay('gateways.manage')
  const { changes, reported, state, version } = configuration
  return (
    <>
      <div className="page-head">
        <h1>{t('configuration.title')}</h1>
        <span role="status">
          <ConfigStateMark state={state} />
        </span>
        {mayChange && !isEditing && (
          <Button type="primary" onClick={() => edit(true)}>
            {t('configuration.edit')}
          </Button>
        )}
      </div>
      <ConfigFacts configuration={configuration} />
      {reported !== undefined && reported.version === version && <WhyNot reported={reported} />}
      {isEditing && (
        <Suspense fallback={<Loading />}>
          <ConfigEditor configuration={configuration} onClose={() => edit(false)} />
        </Suspense>
      )}
      {changes.length > 0 && (
        <section aria-label={t('configuration.toCome')}>
          <h2>{t('configuration.toCome')}</h2>
          <p className="muted">{t('configuration.toComeHint')}</p>
          <ChangesTable changes={changes} label={t('configuration.toCome')} />
        </section>
      )}
      <section aria-label={t('configuration.history')}>
        <h2>{t('configuration.history')}</h2>
        <ConfigHistory configuration={configuration} mayChange={mayChange} />
      </section>
    </>
  )
}

function ConfigFacts({ configuration }: { readonly configuration: GatewayConfiguration }) {
  const { t } = useTranslation()
  const { desired, reported } = configuration
  const named = (version: number): string => (version === 0 ? t('configuration.ownFile') : `${version}`)
  return (
    <Facts>
      <Fact name={t('configuration.desired')}>
        {desired === undefined
          ? t('configuration.nothingDesired')
          : `${desired.version} · ${desired.by.displayName} · ${dateTimeText(Date.parse(desired.at))}`}
      </Fact>
      <Fact name={t('configuration.runs')}>
        {reported === undefined ? t('configuration.neverSaid') : named(reported.running)}
      </Fact>
      {reported !== undefined && (
        <Fact name={t('configuration.reportedAt')}>{dateTimeText(Date.parse(reported.at))}</Fact>
      )}
      {reported?.pauseMs !== undefined && (
        <Fact name={t('configuration.pause')}>{t('configuration.ms', { ms: reported.pauseMs })}</Fact>
      )}
    </Facts>
  )
}

function WhyNot({ reported }: { readonly reported: ReportedConfig }) {
  const { t } = useTranslation()
  const { state, reason, problems } = reported
  if (state !== 'refused' && state !== 'rolled-back') return null
  const rest = problems.length > 0 ? problems : [{ path: '', message: reason ?? '' }]
  return <ProblemsList problems={rest} title={t(`configuration.why.${state}`)} />
}
