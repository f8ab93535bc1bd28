import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { Button } from 'antd'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { UnknownDevice } from '#contract/api/assets.ts'
import { dateTimeText } from '../../format/time.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Empty } from '../../ui/page-states.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { Table } from '../../ui/table.tsx'
import { useTitle } from '../../ui/use-title.ts'
import '../commissioning/commissioning.css'
import { TextField } from '../commissioning/form-field.tsx'
import { RequestProblem } from '../commissioning/problems.tsx'
import './assets.css'
import { assetsKey, ignoreUnknown, unknownQuery, watchUnknown } from './assets-api.ts'

/** What stands in the network and in no register. */
export function UnknownPage() {
  const { t } = useTranslation()
  const search = useSearch({ from: '/shell/asset-register/unknown' })
  const query = useQuery(unknownQuery(search))
  const [asked, ask] = useState<UnknownDevice>()
  useTitle(t('assets.unknown.title'))
  return (
    <>
      <nav className="crumbs" aria-label={t('assets.title')}>
        <Link to="/asset-register" search={{}}>
          {t('assets.title')}
        </Link>
      </nav>
      <div className="page-head">
        <h1>{t('assets.unknown.title')}</h1>
        <span className="asset-links">
          <Link to="/asset-register/unknown" search={search.ignored ? {} : { ignored: true }}>
            {t(search.ignored ? 'assets.unknown.hideIgnored' : 'assets.unknown.showIgnored')}
          </Link>
        </span>
      </div>
      <p className="muted notice">{t('assets.unknown.hint')}</p>
      <QueryView query={query} skeletonRows={6}>
        {({ items, nextCursor }) =>
          items.length === 0 ? (
            <Empty title={t('assets.unknown.emptyTitle')} hint={t('assets.unknown.emptyHint')} />
          ) : (
            <>
              <UnknownTable devices={items} onIgnore={ask} />
              <nav className="list-end" aria-label={t('devices.pages')}>
                <span className="muted" role="status">
                  {t('assets.shown', { n: items.length })}
                </span>
                {nextCursor !== undefined && (
                  <Link to="/asset-register/unknown" search={{ ...search, after: nextCursor }}>
                    {t('assets.next')}
                  </Link>
                )}
              </nav>
            </>
          )
        }
      </QueryView>
      {asked !== undefined && <IgnoreDialog device={asked} onDone={() => ask(undefined)} />}
    </>
  )
}

type UnknownTableProps = {
  readonly devices: readonly UnknownDevice[]
  readonly onIgnore: (device: UnknownDevice) => void
}

function UnknownTable({ devices, onIgnore }: UnknownTableProps) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const watch = useMutation({
    mutationFn: watchUnknown,
    onSuccess: () => queries.invalidateQueries({ queryKey: [assetsKey, 'unknown'] }),
  })
  return (
    <>
      <RequestProblem error={watch.error} />
      <Table
        label={t('assets.unknown.title')}
        rows={devices}
        rowKey={({ id }) => id}
        columns={[
          {
            key: 'name',
            title: t('assets.thing'),
            head: true,
            cell: ({ name, model }) => (
              <>
                <strong>{name}</strong>
                {model !== undefined && <span className="id">{model}</span>}
              </>
            ),
          },
          { key: 'gateway', title: t('devices.gateway'), cell: ({ gateway }) => gateway },
          {
            key: 'protocol',
            title: t('commissioning.protocol'),
            cell: ({ protocol }) => t(`commissioning.${protocol}`),
          },
          {
            key: 'source',
            title: t('assets.unknown.source'),
            cell: ({ source }) => t(`assets.unknown.${source}`),
          },
          { key: 'address', title: t('assets.unknown.address'), cell: ({ address }) => address ?? '–' },
          {
            key: 'seen',
            title: t('assets.unknown.seen'),
            cell: ({ firstSeenAt, lastSeenAt }) => (
              <>
                <span className="age">{dateTimeText(Date.parse(lastSeenAt))}</span>
                <span className="id">
                  {t('assets.unknown.first', { time: dateTimeText(Date.parse(firstSeenAt)) })}
                </span>
              </>
            ),
          },
          {
            key: 'action',
            title: t('commissioning.action'),
            cell: (device) =>
              device.ignored === undefined ? (
                <Button
                  size="small"
                  onClick={() => onIgnore(device)}
                  aria-label={t('assets.unknown.ignoreNamed', { name: device.name })}
                >
                  {t('assets.unknown.ignore')}
                </Button>
              ) : (
                <>
                  <span>{device.ignored.reason}</span>
                  <span className="id">{device.ignored.by}</span>
                  <Button size="small" onClick={() => watch.mutate(device.id)} loading={watch.isPending}>
                    {t('assets.unknown.watch')}
                  </Button>
                </>
              ),
          },
        ]}
      />
    </>
  )
}

function IgnoreDialog({ device, onDone }: { readonly device: UnknownDevice; readonly onDone: () => void }) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const [reason, setReason] = useState('')
  const [problem, setProblem] = useState<string>()
  const ignore = useMutation({
    mutationFn: () => ignoreUnknown(device.id, reason.trim()),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: [assetsKey, 'unknown'] })
      onDone()
    },
  })

  function submit(event: FormEvent): void {
    event.preventDefault()
    const isShort = reason.trim().length < 2
    setProblem(isShort ? t('assets.unknown.reasonNeeded') : undefined)
    if (!isShort) ignore.mutate()
  }

  return (
    <Dialog title={t('assets.unknown.ignoreNamed', { name: device.name })} onCancel={onDone}>
      <form onSubmit={submit} noValidate>
        <TextField
          label={t('assets.unknown.reason')}
          value={reason}
          onChange={setReason}
          problem={problem}
          placeholder={t('assets.unknown.reasonHint')}
        />
        <RequestProblem error={ignore.error} />
        <div className="confirm-buttons">
          <Button onClick={onDone}>{t('assets.cancel')}</Button>
          <Button type="primary" htmlType="submit" loading={ignore.isPending}>
            {t('assets.unknown.ignore')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
