import { queryOptions, useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { Device, DeviceErrorList } from '#contract/api/devices.ts'
import { request } from '../../api/client.ts'
import { gatewayQuery, keys } from '../../api/queries.ts'
import { countText } from '../../format/number.ts'
import { instantText } from '../../format/time.ts'
import type { Language } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { useEverySecond } from '../../live/use-point.ts'
import { QueryView } from '../../ui/query-view.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import '../commissioning/commissioning.css'

type DeviceError = DeviceErrorList['items'][number]

const errorsQuery = (id: string) =>
  queryOptions({
    queryKey: [keys.deviceErrors, id],
    queryFn: ({ signal }) => request<DeviceErrorList>(`/devices/${id}/errors`, { signal }),
    refetchInterval: 30_000,
  })

/** What went wrong with the device lately and what to do about it. Asked of the gateway, which alone knows. */
export function DeviceErrors({ device }: { readonly device: Device }) {
  const { t } = useTranslation()
  const gateway = useQuery(gatewayQuery(device.gateway))
  if (device.removedAt !== undefined) return null
  return (
    <section aria-label={t('deviceErrors.title')}>
      <h2>{t('deviceErrors.title')}</h2>
      <QueryView query={gateway} skeletonRows={2}>
        {({ connected }) =>
          connected ? <Errors device={device.id} /> : <p className="muted">{t('deviceErrors.away')}</p>
        }
      </QueryView>
    </section>
  )
}

function Errors({ device }: { readonly device: string }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const query = useQuery(errorsQuery(device))
  const refresh = (): void => void query.refetch() // a failure comes back through `error`
  return (
    <QueryView query={query} skeletonRows={2}>
      {({ since, items }) => (
        <>
          <div className="errors-head">
            <p className="muted" role="status">
              <Since at={since} isEmpty={items.length === 0} />
            </p>
            <Button size="small" onClick={refresh} loading={query.isFetching}>
              {t('deviceErrors.refresh')}
            </Button>
          </div>
          {items.length > 0 && (
            <Table
              label={t('deviceErrors.title')}
              columns={columnsOf(t, language)}
              rows={items}
              rowKey={({ kind, place }) => `${kind} ${place}`}
            />
          )}
        </>
      )}
    </QueryView>
  )
}

function columnsOf(t: TFunction, language: Language): Column<DeviceError>[] {
  return [
    {
      key: 'what',
      title: t('deviceErrors.what'),
      head: true,
      cell: ({ kind, place }) => (
        <>
          {t(`deviceErrors.kind.${kind}`)}
          <span className="id">{place}</span>
        </>
      ),
    },
    {
      key: 'last',
      title: t('deviceErrors.last'),
      cell: ({ firstAt, lastAt, count }) => (
        <>
          <At at={lastAt} />
          {count > 1 && (
            <span className="id">
              {t('deviceErrors.first')} <At at={firstAt} />
            </span>
          )}
        </>
      ),
    },
    {
      key: 'count',
      title: t('deviceErrors.count'),
      numeric: true,
      cell: ({ count }) => countText(count, language),
    },
    {
      key: 'found',
      title: t('deviceErrors.found'),
      cell: ({ text }) => <span className="found">{text}</span>,
    },
    { key: 'advice', title: t('deviceErrors.todo'), cell: ({ kind }) => t(`deviceErrors.advice.${kind}`) },
  ]
}

function Since({ at, isEmpty }: { readonly at: string; readonly isEmpty: boolean }) {
  const { t } = useTranslation()
  const time = useEverySecond((now) => instantText(Date.parse(at), now))
  return isEmpty ? t('deviceErrors.none', { time }) : t('deviceErrors.since', { time })
}

function At({ at }: { readonly at: string }) {
  return useEverySecond((now) => instantText(Date.parse(at), now))
}
