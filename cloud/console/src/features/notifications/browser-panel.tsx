import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import type { MyNotifications, PushSubscription } from '#contract/api/notifications.ts'
import { dateTimeText } from '../../format/time.ts'
import { RequestProblem } from '../commissioning/problems.tsx'
import { ownId, PushRefused, pushState, rememberId, subscribe, unsubscribe } from './browser-push.ts'
import { Last } from './delivery-words.tsx'
import { addBrowser, notificationKeys, removeBrowser } from './notifications-api.ts'

/** Push on this browser, and on which others. */
export function BrowserPanel({ mine }: { readonly mine: MyNotifications }) {
  const { t } = useTranslation()
  const heading = useId()
  const queries = useQueryClient()
  const ids = mine.subscriptions.map(({ id }) => id)
  const state = useQuery({
    queryKey: ['notifications', 'browser', ids],
    queryFn: () => pushState(ids),
    staleTime: 0,
  }).data
  const refresh = () => queries.invalidateQueries({ queryKey: ['notifications'] })
  const turnOn = useMutation({
    mutationFn: async () => rememberId((await addBrowser(await subscribe(mine.pushKey))).id),
    onSettled: refresh,
  })
  const remove = useMutation({
    mutationFn: async (id: string) => {
      if (id === ownId()) await unsubscribe()
      await removeBrowser(id)
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: notificationKeys.mine }),
  })
  const own = state === 'on' ? ownId() : null
  return (
    <section className="panel padded" aria-labelledby={heading}>
      <h2 id={heading}>{t('notifications.browser')}</h2>
      <p role="status">
        {state !== undefined && (
          <span className={state === 'on' ? 'tone-good' : state === 'off' ? '' : 'tone-bad'}>
            {t(`notifications.push.${state}`)}
          </span>
        )}
      </p>
      <p className="muted small">{t('notifications.pushHint')}</p>
      <PushProblem error={turnOn.error} />
      <RequestProblem error={remove.error} />
      <div className="progress-row">
        {state === 'off' && (
          <Button type="primary" onClick={() => turnOn.mutate()} loading={turnOn.isPending}>
            {t('notifications.turnOn')}
          </Button>
        )}
        {own !== null && (
          <Button onClick={() => remove.mutate(own)} loading={remove.isPending}>
            {t('notifications.turnOff')}
          </Button>
        )}
      </div>
      <Browsers browsers={mine.subscriptions} own={own} onRemove={(id) => remove.mutate(id)} />
    </section>
  )
}

/** What the browser itself refused is no problem of ours, and is told in other words. */
function PushProblem({ error }: { readonly error: unknown }) {
  const { t } = useTranslation()
  if (!(error instanceof PushRefused)) return <RequestProblem error={error} />
  return (
    <p className="tone-bad" role="alert">
      {t(error.why === 'denied' ? 'notifications.push.denied' : 'notifications.pushService')}
    </p>
  )
}

type BrowsersProps = {
  readonly browsers: readonly PushSubscription[]
  readonly own: string | null
  readonly onRemove: (id: string) => void
}

function Browsers({ browsers, own, onRemove }: BrowsersProps) {
  const { t } = useTranslation()
  if (browsers.length === 0) return null
  return (
    <ul className="browsers" aria-label={t('notifications.browsers')}>
      {browsers.map(({ id, browser, createdAt, last }) => (
        <li key={id}>
          <div>
            <strong>{browser}</strong>{' '}
            {id === own && <span className="muted">{t('notifications.this')}</span>}
            <span className="id">
              {t('notifications.since', { time: dateTimeText(Date.parse(createdAt)) })}
            </span>
          </div>
          <div>
            <Last last={last} />
          </div>
          {id !== own && (
            <Button onClick={() => onRemove(id)} aria-label={t('notifications.removeBrowser', { browser })}>
              {t('notifications.remove')}
            </Button>
          )}
        </li>
      ))}
    </ul>
  )
}
