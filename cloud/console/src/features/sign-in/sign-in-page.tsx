import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter, useSearch } from '@tanstack/react-router'
import { Alert, Button, Input } from 'antd'
import { type FormEvent, type KeyboardEvent, useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Credentials } from '#contract/api/session.ts'
import { sessionQuery, signIn } from '../../api/session.ts'
import { LanguageSwitch } from '../../shell/language-switch.tsx'
import { useErrorText } from '../../ui/page-states.tsx'
import { useTitle } from '../../ui/use-title.ts'

export function SignInPage() {
  const { t } = useTranslation()
  const { next, ended } = useSearch({ from: '/sign-in' })
  useTitle(t('signIn.title'))
  return (
    <main className="sign-in">
      <div className="sign-in-card panel">
        <div className="sign-in-head">
          <h1>{t('app.name')}</h1>
          <LanguageSwitch />
        </div>
        {ended && <p className="muted">{t('signIn.ended')}</p>}
        <SignInForm next={next ?? '/devices'} />
      </div>
    </main>
  )
}

function SignInForm({ next }: { readonly next: string }) {
  const { t } = useTranslation()
  const router = useRouter()
  const queries = useQueryClient()
  const [tried, setTried] = useState(false)
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const enter = useMutation({
    mutationFn: (credentials: Credentials) => signIn(credentials),
    onSuccess: async ({ user, expiresAt }) => {
      queries.clear()
      queries.setQueryData(sessionQuery.queryKey, { user, expiresAt })
      await router.navigate({ href: next, replace: true })
    },
  })

  function submit(event: FormEvent): void {
    event.preventDefault()
    setTried(true)
    if (username.trim() === '' || password === '') return
    enter.mutate({ username: username.trim(), password })
  }

  return (
    <form onSubmit={submit} noValidate>
      <Field
        label={t('signIn.username')}
        value={username}
        onChange={setUsername}
        autoComplete="username"
        problem={tried && username.trim() === '' ? t('signIn.usernameNeeded') : undefined}
      />
      <PasswordField
        value={password}
        onChange={setPassword}
        problem={tried && password === '' ? t('signIn.passwordNeeded') : undefined}
      />
      <SignInProblem error={enter.error} />
      <Button type="primary" htmlType="submit" block size="large" loading={enter.isPending}>
        {t('signIn.submit')}
      </Button>
    </form>
  )
}

function SignInProblem({ error }: { readonly error: unknown }) {
  const errorText = useErrorText()
  return error === null ? null : <Alert type="error" showIcon title={errorText(error)} />
}

type FieldProps = {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly autoComplete: string
  readonly problem: string | undefined
}

function Field({ label, value, onChange, autoComplete, problem }: FieldProps) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <Input
        id={id}
        size="large"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        autoComplete={autoComplete}
        autoCapitalize="none"
        spellCheck={false}
        maxLength={100}
        {...problemAttributes(id, problem)}
      />
      <Problem id={id} text={problem} />
    </div>
  )
}

function PasswordField({ value, onChange, problem }: Pick<FieldProps, 'value' | 'onChange' | 'problem'>) {
  const { t } = useTranslation()
  const id = useId()
  const [capsLock, setCapsLock] = useState(false)
  const look = (event: KeyboardEvent): void => setCapsLock(event.getModifierState('CapsLock'))
  return (
    <div className="field">
      <label htmlFor={id}>{t('signIn.password')}</label>
      <Input
        id={id}
        type="password"
        size="large"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={look}
        onKeyUp={look}
        onBlur={() => setCapsLock(false)}
        autoComplete="current-password"
        maxLength={1000}
        {...problemAttributes(id, problem)}
      />
      <Problem id={id} text={problem} />
      <p className="field-hint" role="status">
        {capsLock ? t('signIn.capsLock') : ''}
      </p>
    </div>
  )
}

function problemAttributes(id: string, problem: string | undefined) {
  return problem === undefined
    ? {}
    : { status: 'error' as const, 'aria-invalid': true, 'aria-describedby': `${id}-problem` }
}

function Problem({ id, text }: { readonly id: string; readonly text: string | undefined }) {
  if (text === undefined) return null
  return (
    <p className="field-problem" id={`${id}-problem`}>
      {text}
    </p>
  )
}
