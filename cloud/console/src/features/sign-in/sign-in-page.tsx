import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRouter, useSearch } from '@tanstack/react-router'
import { Alert, Button, Input } from 'antd'
import { type FormEvent, type KeyboardEvent, useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Credentials, FactorChallenge, SessionCreated } from '#contract/api/session.ts'
import { ApiError, apiUrl } from '../../api/client.ts'
import { answerFactor, methodsQuery, sessionQuery, signIn } from '../../api/session.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { LanguageSwitch } from '../../shell/language-switch.tsx'
import { useErrorText } from '../../ui/page-states.tsx'
import { useTitle } from '../../ui/use-title.ts'
import '../account/account.css'

export function SignInPage() {
  const { t } = useTranslation()
  const { next = '/devices', ended, problem } = useSearch({ from: '/sign-in' })
  const [challenge, setChallenge] = useState<string>()
  useTitle(t('signIn.title'))
  return (
    <main className="sign-in">
      <div className="sign-in-card panel">
        <div className="sign-in-head">
          <h1>{t('app.name')}</h1>
          <LanguageSwitch />
        </div>
        {ended && <p className="muted">{t('signIn.ended')}</p>}
        {problem !== undefined && (
          <Alert
            type="error"
            showIcon
            title={t(`errorCode.${problem}`, { defaultValue: t('errorCode.UNEXPECTED') })}
          />
        )}
        {challenge === undefined ? (
          <>
            <SignInForm next={next} onChallenge={setChallenge} />
            <Providers next={next} />
          </>
        ) : (
          <CodeForm next={next} challenge={challenge} onBack={() => setChallenge(undefined)} />
        )}
      </div>
    </main>
  )
}

/** Other ways in; the browser goes there and comes back. */
function Providers({ next }: { readonly next: string }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const providers = useQuery(methodsQuery).data?.providers ?? []
  if (providers.length === 0) return null
  return (
    <section className="providers" aria-label={t('signIn.others')}>
      {providers.map(({ id, kind, title }) => (
        <a key={id} className="provider-link" href={apiUrl(`/session/${kind}/${id}`, { next })}>
          {t('signIn.by', { provider: localText(title, language, id) })}
        </a>
      ))}
    </section>
  )
}

function useEnter(next: string): (session: SessionCreated) => Promise<void> {
  const router = useRouter()
  const queries = useQueryClient()
  return async ({ user, expiresAt }) => {
    queries.clear()
    queries.setQueryData(sessionQuery.queryKey, { user, expiresAt })
    await router.navigate({ href: next, replace: true })
  }
}

type CodeFormProps = { readonly next: string; readonly challenge: string; readonly onBack: () => void }

/** The second step of who has a second factor. */
function CodeForm({ next, challenge, onBack }: CodeFormProps) {
  const { t } = useTranslation()
  const id = useId()
  const [code, setCode] = useState('')
  const enter = useMutation({ mutationFn: answerFactor, onSuccess: useEnter(next) })
  function submit(event: FormEvent): void {
    event.preventDefault()
    if (code.trim().length >= 6) enter.mutate({ challenge, code: code.trim() })
  }
  return (
    <form onSubmit={submit} noValidate>
      <div className="field">
        <label htmlFor={id}>{t('signIn.code')}</label>
        <Input
          id={id}
          size="large"
          value={code}
          onChange={(event) => setCode(event.target.value)}
          autoComplete="one-time-code"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={30}
          ref={(input) => input?.focus()}
          aria-describedby={`${id}-hint`}
        />
        <p className="field-hint" id={`${id}-hint`}>
          {t('signIn.codeHint')}
        </p>
      </div>
      <SignInProblem error={enter.error} />
      <Button type="primary" htmlType="submit" block size="large" loading={enter.isPending}>
        {t('signIn.submit')}
      </Button>
      <Button type="link" onClick={onBack}>
        {t('signIn.back')}
      </Button>
    </form>
  )
}

type SignInFormProps = { readonly next: string; readonly onChallenge: (challenge: string) => void }

function SignInForm({ next, onChallenge }: SignInFormProps) {
  const { t } = useTranslation()
  const [tried, setTried] = useState(false)
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const enter = useMutation({
    mutationFn: (credentials: Credentials) => signIn(credentials),
    onSuccess: useEnter(next),
    onError: (error) => {
      const challenge = challengeOf(error)
      if (challenge !== undefined) onChallenge(challenge)
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

function challengeOf(error: unknown): string | undefined {
  if (!(error instanceof ApiError) || error.code !== 'SECOND_FACTOR_NEEDED') return undefined
  return (error.details as FactorChallenge | undefined)?.challenge
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
