import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, Button } from 'antd'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { OwnSecurity, TotpSecret } from '#contract/api/me.ts'
import { confirmTotp, ownKey, removeTotp, startTotp } from './account-api.ts'
import { AccountProblem } from './account-problem.tsx'
import { SecretField } from './secret-field.tsx'

export type SecondFactorProps = { readonly security: OwnSecurity }

/** The second factor as it is, and the way to the other state. */
export function SecondFactor({ security }: SecondFactorProps) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const refresh = () => queries.invalidateQueries({ queryKey: [ownKey] })
  if (!security.secondFactor) return <SetUp onDone={refresh} />
  return (
    <>
      <p>
        {t('account.factorOn')} {t('account.codesLeft', { count: security.recoveryCodesLeft })}
      </p>
      {security.secondFactorNeeded ? (
        <p className="muted">{t('account.factorNeeded')}</p>
      ) : (
        <SwitchOff onDone={refresh} />
      )}
    </>
  )
}

/** Password, then the code on the screen, then a first code of the app, then the recovery codes. */
export function SetUp({ onDone }: { readonly onDone: () => unknown }) {
  const [secret, setSecret] = useState<TotpSecret>()
  const [codes, setCodes] = useState<readonly string[]>()
  if (codes !== undefined) return <RecoveryCodeList codes={codes} onDone={onDone} />
  if (secret !== undefined) return <Confirm secret={secret} onConfirmed={setCodes} />
  return <Begin onBegun={setSecret} />
}

function Begin({ onBegun }: { readonly onBegun: (secret: TotpSecret) => void }) {
  const { t } = useTranslation()
  const [password, setPassword] = useState('')
  const start = useMutation({ mutationFn: startTotp, onSuccess: onBegun })
  function submit(event: FormEvent): void {
    event.preventDefault()
    if (password !== '') start.mutate(password)
  }
  return (
    <form className="account-form" onSubmit={submit} noValidate>
      <p>{t('account.factorOff')}</p>
      <SecretField
        label={t('account.yourPassword')}
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
      />
      <AccountProblem error={start.error} />
      <Button type="primary" htmlType="submit" loading={start.isPending}>
        {t('account.setUp')}
      </Button>
    </form>
  )
}

type ConfirmProps = { readonly secret: TotpSecret; readonly onConfirmed: (codes: readonly string[]) => void }

function Confirm({ secret, onConfirmed }: ConfirmProps) {
  const { t } = useTranslation()
  const [code, setCode] = useState('')
  const confirm = useMutation({
    mutationFn: confirmTotp,
    onSuccess: ({ recoveryCodes }) => onConfirmed(recoveryCodes),
  })
  function submit(event: FormEvent): void {
    event.preventDefault()
    if (code.trim() !== '') confirm.mutate(code.trim())
  }
  return (
    <form className="account-form" onSubmit={submit} noValidate>
      <p>{t('account.scan')}</p>
      <img
        className="qr"
        alt={t('account.qr')}
        width="220"
        height="220"
        src={`data:image/svg+xml,${encodeURIComponent(secret.qr)}`}
      />
      <p>
        {t('account.typeIt')}{' '}
        <code className="secret" data-testid="totp-secret">
          {secret.secret}
        </code>
      </p>
      <SecretField
        label={t('account.code')}
        hint={t('account.codeHint')}
        autoComplete="one-time-code"
        value={code}
        onChange={setCode}
      />
      <AccountProblem error={confirm.error} />
      <Button type="primary" htmlType="submit" loading={confirm.isPending}>
        {t('account.confirm')}
      </Button>
    </form>
  )
}

type RecoveryProps = { readonly codes: readonly string[]; readonly onDone: () => unknown }

function RecoveryCodeList({ codes, onDone }: RecoveryProps) {
  const { t } = useTranslation()
  return (
    <Alert
      type="success"
      showIcon
      title={t('account.factorIsOn')}
      description={
        <>
          <p>{t('account.codesHint')}</p>
          <ul className="recovery-codes" data-testid="recovery-codes">
            {codes.map((code) => (
              <li key={code}>
                <code>{code}</code>
              </li>
            ))}
          </ul>
          <Button onClick={() => void onDone()}>{t('account.codesKept')}</Button>
        </>
      }
    />
  )
}

function SwitchOff({ onDone }: { readonly onDone: () => unknown }) {
  const { t } = useTranslation()
  const [password, setPassword] = useState('')
  const remove = useMutation({ mutationFn: removeTotp, onSuccess: onDone })
  function submit(event: FormEvent): void {
    event.preventDefault()
    if (password !== '') remove.mutate({ password })
  }
  return (
    <form className="account-form" onSubmit={submit} noValidate>
      <SecretField
        label={t('account.yourPassword')}
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
      />
      <AccountProblem error={remove.error} />
      <Button htmlType="submit" danger loading={remove.isPending}>
        {t('account.switchOff')}
      </Button>
    </form>
  )
}
