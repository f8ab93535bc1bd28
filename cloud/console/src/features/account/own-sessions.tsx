import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { OpenSession } from '#contract/api/me.ts'
import { dateTimeText } from '../../format/time.ts'
import { QueryView } from '../../ui/query-view.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { endOtherSessions, endSession, ownKey, ownSessionsQuery } from './account-api.ts'
import { AccountProblem } from './account-problem.tsx'

/** Where one is signed in, and the way out of each. */
export function OwnSessions() {
  const { t } = useTranslation()
  const query = useQuery(ownSessionsQuery)
  const queries = useQueryClient()
  const onSuccess = () => queries.invalidateQueries({ queryKey: [ownKey, 'sessions'] })
  const one = useMutation({ mutationFn: endSession, onSuccess })
  const others = useMutation({ mutationFn: endOtherSessions, onSuccess })
  return (
    <QueryView query={query} skeletonRows={2}>
      {({ items }) => (
        <>
          <Table
            label={t('account.sessions')}
            columns={columnsOf(t, (id) => one.mutate(id))}
            rows={items}
            rowKey={({ id }) => id}
          />
          <AccountProblem error={one.error ?? others.error} />
          {items.length > 1 && (
            <p>
              <Button danger loading={others.isPending} onClick={() => others.mutate()}>
                {t('account.endOthers')}
              </Button>
            </p>
          )}
        </>
      )}
    </QueryView>
  )
}

function columnsOf(t: TFunction, end: (id: string) => void): Column<OpenSession>[] {
  return [
    {
      key: 'where',
      title: t('account.device'),
      head: true,
      cell: ({ browser, system, userAgent, current }) => (
        <span title={userAgent}>
          {[browser, system].filter(Boolean).join(' · ') || t('account.unknownDevice')}
          {current && <strong> {t('account.thisOne')}</strong>}
        </span>
      ),
    },
    { key: 'address', title: t('account.address'), cell: ({ address }) => address },
    {
      key: 'since',
      title: t('account.since'),
      cell: ({ signedInAt }) => dateTimeText(Date.parse(signedInAt)),
    },
    {
      key: 'seen',
      title: t('account.lastSeen'),
      cell: ({ lastSeenAt }) => dateTimeText(Date.parse(lastSeenAt)),
    },
    {
      key: 'end',
      title: '',
      cell: ({ id, current }) =>
        current ? null : (
          <Button size="small" onClick={() => end(id)}>
            {t('account.end')}
          </Button>
        ),
    },
  ]
}
