import { Link } from '@tanstack/react-router'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { Account } from '#contract/api/users.ts'
import { dateTimeText } from '../../format/time.ts'
import { type Column, Table } from '../../ui/table.tsx'
import { GrantChips } from './grant-chip.tsx'

export function UsersTable({ users }: { readonly users: readonly Account[] }) {
  const { t } = useTranslation()
  return <Table label={t('users.title')} columns={columnsOf(t)} rows={users} rowKey={({ id }) => id} />
}

function columnsOf(t: TFunction): Column<Account>[] {
  return [
    {
      key: 'name',
      title: t('users.displayName'),
      head: true,
      cell: ({ id, displayName, username }) => (
        <>
          <Link to="/users" search={(before) => ({ ...before, edit: id })} className="row-link">
            {displayName}
          </Link>
          <span className="id">{username}</span>
        </>
      ),
    },
    {
      key: 'roles',
      title: t('users.roles'),
      wide: true,
      cell: ({ grants }) => <GrantChips grants={grants} />,
    },
    { key: 'state', title: t('users.state'), cell: (account) => <AccountState account={account} /> },
    {
      key: 'last',
      title: t('users.lastSignIn'),
      cell: ({ lastSignInAt }) =>
        lastSignInAt === undefined ? (
          <span className="muted">{t('users.never')}</span>
        ) : (
          dateTimeText(Date.parse(lastSignInAt))
        ),
    },
  ]
}

export function AccountState({ account }: { readonly account: Account }) {
  const { t } = useTranslation()
  const { disabled, passwordOnce, secondFactor, provider } = account
  const words = [
    disabled ? t('users.disabled') : t('users.enabled'),
    ...(passwordOnce ? [t('users.passwordOnce')] : []),
    ...(secondFactor ? [t('users.hasFactor')] : []),
    ...(provider === undefined ? [] : [t('users.by', { provider })]),
  ]
  return <span className={disabled ? 'account-off' : ''}>{words.join(' · ')}</span>
}
