import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { siteDayOf } from '#contract/site-day.ts'
import { gatewayQuery, ledgerDayQuery } from '../../api/queries.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { useEverySecond } from '../../live/use-point.ts'
import { Empty } from '../../ui/page-states.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { useTitle } from '../../ui/use-title.ts'
import { DayAccounts } from './day-accounts.tsx'
import { DayChoice } from './day-choice.tsx'
import { DaySummary } from './day-summary.tsx'

/** What became of one day: what arrived, what was lost and why, what is still owed. The day stands in the address. */
export function LedgerPage() {
  const { t } = useTranslation()
  const language = useLanguage()
  const { gateway } = useParams({ from: '/shell/gateways/$gateway/ledger' })
  const { day: chosen } = useSearch({ from: '/shell/gateways/$gateway/ledger' })
  const navigate = useNavigate({ from: '/gateways/$gateway/ledger' })
  const today = useEverySecond(siteDayOf)
  const day = chosen ?? today
  const query = useQuery(ledgerDayQuery(gateway, day))
  const found = useQuery(gatewayQuery(gateway)).data
  const name = localText(found?.title, language, gateway)
  useTitle(`${t('ledger.title')} · ${name}`)
  // The day is a matter of the address; going there cannot fail.
  const choose = (next: string): void =>
    void navigate({ search: next === today ? {} : { day: next }, replace: true })
  return (
    <>
      <nav className="crumbs" aria-label={t('gateways.title')}>
        <Link to="/gateways">{t('gateways.title')}</Link>
        <span aria-hidden="true">/</span>
        <Link to="/gateways/$gateway" params={{ gateway }}>
          {name}
        </Link>
      </nav>
      <div className="page-head">
        <h1>{t('ledger.title')}</h1>
        <DayChoice day={day} today={today} onChoose={choose} />
      </div>
      <p className="muted">{t('ledger.dayIntro')}</p>
      <QueryView
        query={query}
        missing={<Empty title={t('error.notFoundTitle')} hint={t('error.notFoundHint')} />}
      >
        {(found) => (
          <div className="ledger">
            <DaySummary day={found} />
            {found.streams.map((stream) => (
              <DayAccounts key={stream.stream} stream={stream} />
            ))}
          </div>
        )}
      </QueryView>
    </>
  )
}
