import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Grant } from '#contract/api/session.ts'
import type { Account, AccountWithPassword } from '#contract/api/users.ts'
import { TextField } from '../commissioning/form-field.tsx'
import { RequestProblem } from '../commissioning/problems.tsx'
import { GrantsEditor } from './grants-editor.tsx'
import { changeUser, createUser, usersKey } from './users-api.ts'

const usernamePattern = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/

export type NewUserProps = {
  readonly onDone: (made: AccountWithPassword) => void
  readonly onCancel: () => void
}

export function NewUser({ onDone, onCancel }: NewUserProps) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const [username, setUsername] = useState('')
  const [displayName, setDisplayName] = useState('')
  const [grants, setGrants] = useState<readonly Grant[]>([])
  const [tried, setTried] = useState(false)
  const create = useMutation({
    mutationFn: createUser,
    onSuccess: async (made) => {
      await queries.invalidateQueries({ queryKey: [usersKey] })
      onDone(made)
    },
  })
  const problem = usernamePattern.test(username) ? undefined : t('users.usernameNeeded')
  function submit(event: FormEvent): void {
    event.preventDefault()
    setTried(true)
    if (problem !== undefined || displayName.trim() === '') return
    create.mutate({ username, displayName: displayName.trim(), grants: [...grants] })
  }
  return (
    <form className="panel padded user-form" onSubmit={submit} noValidate>
      <h2>{t('users.add')}</h2>
      <div className="form-grid">
        <TextField
          label={t('users.username')}
          hint={t('users.usernameHint')}
          problem={tried ? problem : undefined}
          value={username}
          onChange={setUsername}
        />
        <DisplayName value={displayName} tried={tried} onChange={setDisplayName} />
      </div>
      <GrantsEditor grants={grants} onChange={setGrants} />
      <RequestProblem error={create.error} />
      <FormButtons label={t('users.create')} isBusy={create.isPending} onCancel={onCancel} />
    </form>
  )
}

export type ChangeUserProps = { readonly account: Account; readonly onDone: () => void }

export function ChangeUser({ account, onDone }: ChangeUserProps) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const [displayName, setDisplayName] = useState(account.displayName)
  const [grants, setGrants] = useState<readonly Grant[]>(account.grants)
  const { provider } = account
  const change = useMutation({
    mutationFn: () =>
      changeUser(account.id, {
        version: account.version,
        displayName: displayName.trim(),
        ...(provider === undefined ? { grants: [...grants] } : {}),
      }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: [usersKey] })
      onDone()
    },
  })
  function submit(event: FormEvent): void {
    event.preventDefault()
    if (displayName.trim() !== '') change.mutate()
  }
  return (
    <form className="panel padded user-form" onSubmit={submit} noValidate>
      <div className="form-grid">
        <DisplayName value={displayName} tried onChange={setDisplayName} />
      </div>
      {provider === undefined ? (
        <GrantsEditor grants={grants} onChange={setGrants} />
      ) : (
        <p className="muted">{t('users.fromProvider', { provider })}</p>
      )}
      <RequestProblem error={change.error} />
      <FormButtons label={t('users.save')} isBusy={change.isPending} onCancel={onDone} />
    </form>
  )
}

type DisplayNameProps = {
  readonly value: string
  readonly tried: boolean
  readonly onChange: (value: string) => void
}

function DisplayName({ value, tried, onChange }: DisplayNameProps) {
  const { t } = useTranslation()
  return (
    <TextField
      label={t('users.displayName')}
      problem={tried && value.trim() === '' ? t('users.displayNameNeeded') : undefined}
      value={value}
      onChange={onChange}
    />
  )
}

type FormButtonsProps = { readonly label: string; readonly isBusy: boolean; readonly onCancel: () => void }

function FormButtons({ label, isBusy, onCancel }: FormButtonsProps) {
  const { t } = useTranslation()
  return (
    <div className="progress-row">
      <Button type="primary" htmlType="submit" loading={isBusy}>
        {label}
      </Button>
      <Button onClick={onCancel}>{t('users.cancel')}</Button>
    </div>
  )
}
