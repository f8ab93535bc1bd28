import { queryOptions, useQuery } from '@tanstack/react-query'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { LinkHistory as History } from '#contract/api/devices.ts'
import { request } from '../../api/client.ts'
import { keys } from '../../api/queries.ts'
import { instantText } from '../../format/time.ts'
import { useEverySecond } from '../../live/use-point.ts'
import { Mark } from '../../ui/marks.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { type Column, Table } from '../../ui/table.tsx'

type Change = History['items'][number]

const linksQuery = (id: string) =>
  queryOptions({
    queryKey: [keys.devices, 'links', id],
    queryFn: ({ signal }) => request<History>(`/devices/${id}/links`, { signal }),
    refetchInterval: 30_000,
  })

/** When the device was lost and came back, and why. */
export function LinkHistory({ device }: { readonly device: string }) {
  const { t } = useTranslation()
  const query = useQuery(linksQuery(device))
  return (
    <section aria-label={t('commissioning.links')}>
      <h2>{t('commissioning.links')}</h2>
      <QueryView query={query} skeletonRows={2}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="muted">{t('commissioning.noLinks')}</p>
          ) : (
            <Table
              label={t('commissioning.links')}
              columns={columnsOf(t)}
              rows={items.slice(0, 10)}
              rowKey={({ at, state }) => `${at} ${state}`}
            />
          )
        }
      </QueryView>
    </section>
  )
}

function columnsOf(t: TFunction): Column<Change>[] {
  return [
    { key: 'time', title: t('commissioning.time'), head: true, cell: ({ at }) => <At at={at} /> },
    {
      key: 'change',
      title: t('commissioning.change'),
      cell: ({ state }) => (
        <span className={`state state-${state === 'up' ? 'normal' : 'offline'}`}>
          <Mark name={state === 'up' ? 'normal' : 'offline'} />
          <span>{state === 'up' ? t('commissioning.linkUp') : t('commissioning.linkDown')}</span>
        </span>
      ),
    },
    { key: 'reason', title: t('commissioning.reason'), cell: ({ reason }) => reason ?? '–' },
  ]
}

function At({ at }: { readonly at: string }) {
  return useEverySecond((now) => instantText(Date.parse(at), now))
}
