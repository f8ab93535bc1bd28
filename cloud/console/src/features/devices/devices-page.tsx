import { useQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { devicesQuery } from '../../api/queries.ts'
import { useMay } from '../../api/use-may.ts'
import { useTopics } from '../../live/use-point.ts'
import { useSeed } from '../../points/use-points.ts'
import { Empty } from '../../ui/page-states.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { useTitle } from '../../ui/use-title.ts'
import { DevicesFilter } from './devices-filter.tsx'
import { DevicesPaging } from './devices-paging.tsx'
import { DevicesTable } from './devices-table.tsx'

export function DevicesPage() {
  const { t } = useTranslation()
  const filter = useSearch({ from: '/shell/devices' })
  const query = useQuery(devicesQuery(filter))
  const mayCommission = useMay('devices.manage')
  const devices = query.data?.items
  const points = useMemo(() => devices?.flatMap((device) => device.points), [devices])
  useTitle(t('devices.title'))
  useTopics((devices ?? []).map(({ id }) => `points:${id}`))
  useSeed(points)
  return (
    <>
      <div className="page-head">
        <h1>{t('devices.title')}</h1>
        <DevicesFilter />
        {mayCommission && (
          <Link to="/devices/add" search={{}} className="add-link">
            {t('commissioning.title')}
          </Link>
        )}
      </div>
      <QueryView query={query} skeletonRows={10}>
        {({ items, nextCursor }) =>
          items.length === 0 ? (
            <NoDevices filtered={filter.q !== undefined || filter.gateway !== undefined} />
          ) : (
            <>
              <DevicesTable devices={items} />
              <DevicesPaging count={items.length} nextCursor={nextCursor} />
            </>
          )
        }
      </QueryView>
    </>
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
