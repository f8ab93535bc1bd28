import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import { QueryView } from '../../ui/query-view.tsx'
import { useTitle } from '../../ui/use-title.ts'
import { RequestProblem } from '../commissioning/problems.tsx'
import { BrowserPanel } from './browser-panel.tsx'
import { TestOutcome } from './delivery-words.tsx'
import { NotificationTabs } from './notification-tabs.tsx'
import { mineQuery, testMine } from './notifications-api.ts'
import { SettingsForm } from './settings-form.tsx'
import '../commissioning/commissioning.css'
import './notifications.css'

/** How I am told: by what, from which priority on, and when not. */
export function MyNotificationsPage() {
  const { t } = useTranslation()
  const query = useQuery(mineQuery)
  useTitle(t('notifications.mine'))
  return (
    <>
      <div className="page-head">
        <h1>{t('notifications.title')}</h1>
      </div>
      <NotificationTabs />
      <QueryView query={query} skeletonRows={8}>
        {(mine) => (
          <div className="notification-panels">
            <SettingsForm mine={mine} />
            <BrowserPanel mine={mine} />
            <TestPanel />
          </div>
        )}
      </QueryView>
    </>
  )
}

function TestPanel() {
  const { t } = useTranslation()
  const heading = useId()
  const queries = useQueryClient()
  const test = useMutation({
    mutationFn: testMine,
    onSettled: () => queries.invalidateQueries({ queryKey: ['notifications'] }),
  })
  return (
    <section className="panel padded" aria-labelledby={heading}>
      <h2 id={heading}>{t('notifications.test')}</h2>
      <p className="muted">{t('notifications.testHint')}</p>
      {test.data !== undefined && <TestOutcome deliveries={test.data.deliveries} />}
      <RequestProblem error={test.error} />
      <Button onClick={() => test.mutate()} loading={test.isPending}>
        {t('notifications.testMe')}
      </Button>
    </section>
  )
}
