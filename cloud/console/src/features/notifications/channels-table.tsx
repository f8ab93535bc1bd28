import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { NotificationChannel } from '#contract/api/notifications.ts'
import { treeQuery } from '../../api/queries.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Table } from '../../ui/table.tsx'
import { RequestProblem } from '../commissioning/problems.tsx'
import { Last, TestOutcome } from './delivery-words.tsx'
import { notificationKeys, removeChannel, testChannel } from './notifications-api.ts'

export type ChannelsTableProps = {
  readonly channels: readonly NotificationChannel[]
  readonly onEdit: (channel: NotificationChannel) => void
}

export function ChannelsTable({ channels, onEdit }: ChannelsTableProps) {
  const { t } = useTranslation()
  const language = useLanguage()
  const nodes = useQuery(treeQuery).data?.nodes ?? []
  const placeOf = (node: string | null): string =>
    node === null
      ? t('notifications.everything')
      : localText(nodes.find(({ id }) => id === node)?.title, language, node)
  return (
    <div className="panel">
      <Table
        label={t('notifications.channels')}
        rows={channels}
        rowKey={({ id }) => id}
        columns={[
          {
            key: 'title',
            title: t('notifications.name'),
            head: true,
            cell: ({ title, enabled, kind, url }) => (
              <>
                {title} {!enabled && <span className="muted">{t('notifications.disabled')}</span>}
                <span className="id">
                  {[t(`notifications.kind.${kind}`), url].filter(Boolean).join(' · ')}
                </span>
              </>
            ),
          },
          { key: 'place', title: t('notifications.place'), cell: ({ node }) => placeOf(node) },
          {
            key: 'upTo',
            title: t('notifications.upTo'),
            cell: ({ minPriority }) => t(`notifications.upToPriority.${minPriority as 1 | 2 | 3 | 4}`),
          },
          { key: 'last', title: t('notifications.last'), cell: ({ last }) => <Last last={last} /> },
          {
            key: 'actions',
            title: t('notifications.actions'),
            wide: true,
            cell: (channel) => <Actions channel={channel} onEdit={() => onEdit(channel)} />,
          },
        ]}
      />
    </div>
  )
}

type ActionsProps = { readonly channel: NotificationChannel; readonly onEdit: () => void }

function Actions({ channel: { id, title }, onEdit }: ActionsProps) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const refresh = () => queries.invalidateQueries({ queryKey: notificationKeys.channels })
  const test = useMutation({ mutationFn: () => testChannel(id), onSettled: refresh })
  const remove = useMutation({
    mutationFn: () => removeChannel(id),
    onSuccess: async () => {
      setAsking(false)
      await refresh()
    },
  })
  return (
    <>
      <div className="row-actions">
        <Button
          onClick={() => test.mutate()}
          loading={test.isPending}
          aria-label={t('notifications.testOne', { title })}
        >
          {t('notifications.testShort')}
        </Button>
        <Button onClick={onEdit} aria-label={t('notifications.change', { title })}>
          {t('notifications.edit')}
        </Button>
        <Button danger onClick={() => setAsking(true)} aria-label={t('notifications.removeOne', { title })}>
          {t('notifications.remove')}
        </Button>
      </div>
      {/* The column beside shows it to those who see. */}
      <div className="sr">{test.data !== undefined && <TestOutcome deliveries={test.data.deliveries} />}</div>
      <RequestProblem error={test.error} />
      {isAsking && (
        <Dialog title={t('notifications.removeOne', { title })} onCancel={() => setAsking(false)}>
          <p>{t('notifications.removeText')}</p>
          <RequestProblem error={remove.error} />
          <div className="confirm-buttons">
            <Button onClick={() => setAsking(false)}>{t('notifications.cancel')}</Button>
            <Button type="primary" danger onClick={() => remove.mutate()} loading={remove.isPending}>
              {t('notifications.remove')}
            </Button>
          </div>
        </Dialog>
      )}
    </>
  )
}
