import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Account, AccountWithPassword } from '#contract/api/users.ts'
import { sessionQuery } from '../../api/session.ts'
import { Empty } from '../../ui/page-states.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { SearchField } from '../../ui/search-field.tsx'
import { useTitle } from '../../ui/use-title.ts'
import { OneTimePassword } from './one-time-password.tsx'
import { UserActions } from './user-actions.tsx'
import { ChangeUser, NewUser } from './user-form.tsx'
import { userQuery, usersQuery } from './users-api.ts'
import { type UsersSearch, usersSearch } from './users-search.ts'
import { AccountState, UsersTable } from './users-table.tsx'
import '../commissioning/commissioning.css'
import './users.css'

/** Accounts of the reader’s part; one of them, or a new one, opens in the place of the list. */
export function UsersPage() {
  const { t } = useTranslation()
  const { edit } = useSearch({ from: '/shell/users' })
  const go = useGo()
  const [made, setMade] = useState<AccountWithPassword>()
  useTitle(t('users.title'))
  const close = (): void => go({ edit: undefined })
  return (
    <>
      {made !== undefined && edit === undefined && (
        <OneTimePassword
          username={made.user.username}
          password={made.password}
          onDone={() => setMade(undefined)}
        />
      )}
      {edit === undefined && <UserList />}
      {edit === 'new' && (
        <>
          <Heading />
          <NewUser
            onCancel={close}
            onDone={(one) => {
              setMade(one)
              close()
            }}
          />
        </>
      )}
      {edit !== undefined && edit !== 'new' && <OneUser key={edit} id={edit} onClose={close} />}
    </>
  )
}

function Heading({ account }: { readonly account?: Account }) {
  const { t } = useTranslation()
  return (
    <div className="page-head">
      <h1>{account?.displayName ?? t('users.title')}</h1>
      {account !== undefined && <span className="id">{account.username}</span>}
      <Link to="/users" search={{}} className="add-link">
        {t('users.back')}
      </Link>
    </div>
  )
}

function UserList() {
  const { t } = useTranslation()
  const { q, after } = useSearch({ from: '/shell/users' })
  const query = useQuery(usersQuery({ q, after }))
  const go = useGo()
  return (
    <>
      <div className="page-head">
        <h1>{t('users.title')}</h1>
        <search className="filters">
          <SearchField
            label={t('users.search')}
            placeholder={t('users.search')}
            value={q ?? ''}
            onChange={(text) => go({ q: text, after: undefined })}
          />
        </search>
        <Button type="primary" onClick={() => go({ edit: 'new' })}>
          {t('users.add')}
        </Button>
      </div>
      <QueryView query={query} skeletonRows={6}>
        {({ items, nextCursor }) =>
          items.length === 0 ? (
            <Empty title={t('users.emptyTitle')} hint={t('users.emptyHint')}>
              <Link to="/users" search={{}}>
                {t('users.clear')}
              </Link>
            </Empty>
          ) : (
            <>
              <UsersTable users={items} />
              <nav className="list-end" aria-label={t('users.pages')}>
                {after !== undefined && (
                  <Button onClick={() => go({ after: undefined })}>{t('users.first')}</Button>
                )}
                <span className="muted" role="status">
                  {t('users.shown', { count: items.length })}
                </span>
                {nextCursor !== undefined && (
                  <Button onClick={() => go({ after: nextCursor })}>{t('users.next')}</Button>
                )}
              </nav>
            </>
          )
        }
      </QueryView>
    </>
  )
}

type OneUserProps = { readonly id: string; readonly onClose: () => void }

function OneUser({ id, onClose }: OneUserProps) {
  const { t } = useTranslation()
  const query = useQuery(userQuery(id))
  const own = useQuery(sessionQuery).data?.user.id
  const missing = (
    <Empty isPage title={t('users.missing')} hint={t('users.missingHint')}>
      <Link to="/users" search={{}}>
        {t('users.back')}
      </Link>
    </Empty>
  )
  return (
    <QueryView query={query} missing={missing}>
      {(account) => (
        <>
          <Heading account={account} />
          <p className="account-state">
            <AccountState account={account} />
          </p>
          <ChangeUser key={account.version} account={account} onDone={onClose} />
          <UserActions account={account} isOwn={account.id === own} onGone={onClose} />
        </>
      )}
    </QueryView>
  )
}

function useGo(): (change: { [Key in keyof UsersSearch]: UsersSearch[Key] | undefined }) => void {
  const navigate = useNavigate({ from: '/users' })
  // The address is the only place of the filter; going nowhere cannot fail.
  return (change) => void navigate({ search: (before) => usersSearch({ ...before, ...change }) })
}
