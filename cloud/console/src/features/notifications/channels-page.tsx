import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { NotificationChannel } from '#contract/api/notifications.ts'
import { sharedChannels } from '#contract/notice.ts'
import { Empty } from '../../ui/page-states.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { useTitle } from '../../ui/use-title.ts'
import { type Draft, draftOf, newDraft } from './channel-draft.ts'
import { ChannelForm } from './channel-form.tsx'
import { ChannelsTable } from './channels-table.tsx'
import { NotificationTabs } from './notification-tabs.tsx'
import { channelsQuery } from './notifications-api.ts'
import '../commissioning/commissioning.css'
import './notifications.css'

type Edited = { readonly start: Draft; readonly was?: NotificationChannel }

/** Robots of groups and webhooks of places. */
export function ChannelsPage() {
  const { t } = useTranslation()
  const query = useQuery(channelsQuery)
  const [edited, edit] = useState<Edited>()
  useTitle(t('notifications.channels'))
  return (
    <>
      <div className="page-head">
        <h1>{t('notifications.title')}</h1>
        <div className="filters">
          {sharedChannels.map((kind) => (
            <Button key={kind} onClick={() => edit({ start: newDraft(kind) })}>
              {t('notifications.add', { kind: t(`notifications.kind.${kind}`) })}
            </Button>
          ))}
        </div>
      </div>
      <NotificationTabs />
      {edited !== undefined && (
        <ChannelForm
          key={edited.was?.id ?? edited.start.kind}
          {...edited}
          onDone={() => edit(undefined)}
          onCancel={() => edit(undefined)}
        />
      )}
      <QueryView query={query} skeletonRows={6}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t('notifications.noChannels')} hint={t('notifications.noChannelsHint')} />
          ) : (
            <ChannelsTable channels={items} onEdit={(was) => edit({ start: draftOf(was), was })} />
          )
        }
      </QueryView>
    </>
  )
}
