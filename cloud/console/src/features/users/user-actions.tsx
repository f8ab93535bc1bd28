import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Account } from '#contract/api/users.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { RequestProblem } from '../commissioning/problems.tsx'
import { OneTimePassword } from './one-time-password.tsx'
import {
  changeUser,
  deleteUser,
  endSessions,
  removeSecondFactor,
  resetPassword,
  usersKey,
} from './users-api.ts'

type Action = 'disable' | 'enable' | 'reset' | 'factor' | 'sessions' | 'delete'

export type UserActionsProps = {
  readonly account: Account
  readonly isOwn: boolean
  readonly onGone: () => void
}

/** What is done to an account besides its form; each asks once, in words. */
export function UserActions({ account, isOwn, onGone }: UserActionsProps) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const [asked, setAsked] = useState<Action>()
  const [password, setPassword] = useState<string>()
  const act = useMutation({
    mutationFn: (action: Action) => run(action, account),
    onSuccess: async (made, action) => {
      setAsked(undefined)
      setPassword(made)
      if (action === 'delete') onGone()
      await queries.invalidateQueries({ queryKey: [usersKey] })
    },
  })
  function ask(action: Action): void {
    act.reset()
    setAsked(action)
  }
  if (isOwn) return <p className="muted">{t('users.own')}</p>
  return (
    <section className="panel padded" aria-label={t('users.actions')}>
      {password !== undefined && (
        <OneTimePassword
          username={account.username}
          password={password}
          onDone={() => setPassword(undefined)}
        />
      )}
      <div className="user-actions">
        {actionsFor(account).map((action) => (
          <Button key={action} danger={action === 'delete'} onClick={() => ask(action)}>
            {t(`users.action.${action}`)}
          </Button>
        ))}
      </div>
      {asked !== undefined && (
        <Dialog title={t(`users.action.${asked}`)} onCancel={() => setAsked(undefined)}>
          <p>{t(`users.ask.${asked}`, { name: account.displayName })}</p>
          <RequestProblem error={act.error} />
          <div className="confirm-buttons">
            <Button onClick={() => setAsked(undefined)}>{t('users.cancel')}</Button>
            <Button
              type="primary"
              danger={asked === 'delete'}
              loading={act.isPending}
              onClick={() => act.mutate(asked)}
            >
              {t('users.yes')}
            </Button>
          </div>
        </Dialog>
      )}
    </section>
  )
}

function actionsFor({ disabled, secondFactor, provider }: Account): Action[] {
  return [
    ...(provider === undefined ? (['reset'] as const) : []),
    ...(secondFactor ? (['factor'] as const) : []),
    'sessions',
    disabled ? 'enable' : 'disable',
    'delete',
  ]
}

/** Resolves with a password where there is a new one. */
async function run(action: Action, { id, version }: Account): Promise<string | undefined> {
  switch (action) {
    case 'reset':
      return (await resetPassword(id)).password
    case 'disable':
    case 'enable':
      await changeUser(id, { version, disabled: action === 'disable' })
      return undefined
    case 'factor':
      await removeSecondFactor(id)
      return undefined
    case 'sessions':
      await endSessions(id)
      return undefined
    case 'delete':
      await deleteUser(id)
      return undefined
  }
}
