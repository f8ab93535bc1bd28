import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { QueryView } from '../../ui/query-view.tsx'
import { configQuery } from './config-api.ts'
import { ConfigStateMark } from './config-state.tsx'

/** On the page of the gateway: how its configuration stands, and the way to it. */
export function ConfigSection({ gateway }: { readonly gateway: string }) {
  const { t } = useTranslation()
  const query = useQuery(configQuery(gateway))
  return (
    <section aria-label={t('configuration.title')}>
      <div className="page-head">
        <h2>{t('configuration.title')}</h2>
        <Link to="/gateways/$gateway/config" params={{ gateway }}>
          {t('configuration.open')}
        </Link>
      </div>
      <QueryView query={query} skeletonRows={1}>
        {({ state, version, reported }) => (
          <p>
            <ConfigStateMark state={state} />{' '}
            <span className="muted">
              {t('configuration.summary', { wanted: version, runs: reported?.running ?? 0 })}
            </span>
          </p>
        )}
      </QueryView>
    </section>
  )
}
