import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Segmented } from 'antd'
import { useTranslation } from 'react-i18next'
import { type Tab, tabs } from '#contract/alarm-life.ts'
import type { Alarm } from '#contract/api/alarms.ts'
import { alarmsQuery } from '../../api/queries.ts'
import { useConnection } from '../../live/use-point.ts'
import { Empty } from '../../ui/page-states.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { useTitle } from '../../ui/use-title.ts'
import '../commissioning/commissioning.css'
import './alarms.css'
import { floodsQuery } from './alarm-api.ts'
import { AlarmBoard } from './alarm-board.tsx'
import { tabOfAlarm } from './alarm-rows.ts'
import { FloodBar } from './flood-bar.tsx'

export function AlarmsPage() {
  const { t } = useTranslation()
  const { show: tab = 'pending' } = useSearch({ from: '/shell/alarms' })
  const standing = useQuery(alarmsQuery('standing'))
  const history = useQuery({ ...alarmsQuery('history'), enabled: tab === 'history' })
  const floods = useQuery(floodsQuery).data?.items.filter(({ inFlood }) => inFlood) ?? []
  useTitle(t('alarms.title'))
  return (
    <>
      <div className="page-head">
        <h1>{t('alarms.title')}</h1>
        <Link to="/alarms/quality" search={{}}>
          {t('alarms.toQuality')}
        </Link>
      </div>
      <Tabs tab={tab} alarms={standing.data?.items ?? []} />
      <FloodBar floods={floods} alarms={standing.data?.items ?? []} />
      <QueryView query={tab === 'history' ? history : standing}>
        {({ items, nextCursor }) => (
          <>
            <List key={tab} tab={tab} alarms={items} isFlood={floods.length > 0} />
            {nextCursor !== undefined && (
              <p className="list-end muted">{t('alarms.clipped', { count: items.length })}</p>
            )}
          </>
        )}
      </QueryView>
    </>
  )
}

type ListProps = { readonly tab: Tab; readonly alarms: readonly Alarm[]; readonly isFlood: boolean }

function List({ tab, alarms, isFlood }: ListProps) {
  const { t } = useTranslation()
  const isOffline = useConnection().state === 'down'
  const shown = alarms.filter((alarm) => tabOfAlarm(alarm) === tab)
  if (shown.length === 0)
    return (
      <Empty title={t(`alarms.empty.${tab}`)} hint={t(`alarms.emptyHint.${tab}`)}>
        {isOffline && <p className="muted">{t('alarms.emptyOffline')}</p>}
      </Empty>
    )
  return <AlarmBoard alarms={shown} isFlood={isFlood && tab !== 'history'} isOffline={isOffline} />
}

function Tabs({ tab, alarms }: { readonly tab: Tab; readonly alarms: readonly Alarm[] }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const counts = Map.groupBy(alarms, tabOfAlarm)
  const label = (one: Tab): string => {
    const count = counts.get(one)?.length ?? 0
    return one === 'history' || count === 0 ? t(`alarms.tab.${one}`) : `${t(`alarms.tab.${one}`)} ${count}`
  }
  return (
    <div className="alarm-tabs">
      <Segmented<Tab>
        aria-label={t('alarms.show')}
        value={tab}
        // The choice is a matter of the address; going there cannot fail.
        onChange={(show) =>
          void navigate({ to: '/alarms', search: show === 'pending' ? {} : { show }, replace: true })
        }
        options={tabs.map((value) => ({ value, label: label(value) }))}
      />
    </div>
  )
}
