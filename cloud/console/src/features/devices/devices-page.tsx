import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { Button } from 'antd'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { devicesQuery } from '../../api/queries.ts'
import { useTopics } from '../../live/use-point.ts'
import { useSeed } from '../../points/use-points.ts'
import { Empty } from '../../ui/page-states.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { useTitle } from '../../ui/use-title.ts'
import { deviceTopics } from './device-topics.ts'
import { DevicesFilter } from './devices-filter.tsx'
import { DevicesTable } from './devices-table.tsx'

export function DevicesPage() {
  const { t } = useTranslation()
  const filter = useSearch({ from: '/shell/devices' })
  const query = useInfiniteQuery(devicesQuery(filter))
  const devices = useMemo(() => query.data?.pages.flatMap(({ items }) => items), [query.data])
  const points = useMemo(() => devices?.flatMap((device) => device.points), [devices])
  useTitle(t('devices.title'))
  useTopics(deviceTopics(devices ?? []))
  useSeed(points)
  return (
    <>
      <div className="page-head">
        <h1>{t('devices.title')}</h1>
        <DevicesFilter />
      </div>
      <QueryView query={{ ...query, data: devices }} skeletonRows={10}>
        {(items) =>
          items.length === 0 ? (
            <NoDevices filtered={filter.q !== undefined || filter.gateway !== undefined} />
          ) : (
            <>
              <DevicesTable devices={items} />
              <More count={items.length} query={query} />
            </>
          )
        }
      </QueryView>
    </>
  )
}

type MoreProps = {
  readonly count: number
  readonly query: {
    readonly hasNextPage: boolean
    readonly isFetchingNextPage: boolean
    readonly fetchNextPage: () => unknown
  }
}

function More({ count, query }: MoreProps) {
  const { t } = useTranslation()
  return (
    <div className="list-end">
      <span className="muted" role="status">
        {t('devices.shown', { count })}
        {!query.hasNextPage && ` · ${t('devices.allShown')}`}
      </span>
      {query.hasNextPage && (
        <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t('devices.more')}
        </Button>
      )}
    </div>
  )
}

function NoDevices({ filtered }: { readonly filtered: boolean }) {
  const { t } = useTranslation()
  return filtered ? (
    <Empty title={t('devices.noMatchTitle')} hint={t('devices.noMatchHint')}>
      <Link to="/devices" search={{}}>
        {t('devices.clear')}
      </Link>
    </Empty>
  ) : (
    <Empty title={t('devices.emptyTitle')} hint={t('devices.emptyHint')}>
      <Link to="/gateways">{t('devices.toGateways')}</Link>
    </Empty>
  )
}
