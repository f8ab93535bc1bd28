import { useMutation } from '@tanstack/react-query'
import { Button } from 'antd'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { PasswordRules } from '#contract/api/me.ts'
import { changePassword } from './account-api.ts'
import { AccountProblem } from './account-problem.tsx'
import { SecretField } from './secret-field.tsx'

export type PasswordFormProps = { readonly rules: PasswordRules; readonly onDone: () => unknown }

/** A new password; the old one is asked for, the new one twice. */
export function PasswordForm({ rules, onDone }: PasswordFormProps) {
  const { t } = useTranslation()
  const [password, setPassword] = useState('')
  const [newPassword, setNewPassword] = useState('')
  const [again, setAgain] = useState('')
  const [tried, setTried] = useState(false)
  const change = useMutation({
    mutationFn: changePassword,
    onSuccess: async () => {
      setPassword('')
      setNewPassword('')
      setAgain('')
      setTried(false)
      await onDone()
    },
  })
  const needed = (text: string) => (tried && text === '' ? t('account.needed') : undefined)
  const differs = tried && again !== newPassword ? t('account.differs') : undefined
  function submit(event: FormEvent): void {
    event.preventDefault()
    setTried(true)
    if (password !== '' && newPassword !== '' && newPassword === again)
      change.mutate({ password, newPassword })
  }
  return (
    <form className="account-form" onSubmit={submit} noValidate>
      <SecretField
        label={t('account.oldPassword')}
        autoComplete="current-password"
        value={password}
        problem={needed(password)}
        onChange={setPassword}
      />
      <SecretField
        label={t('account.newPassword')}
        hint={useRulesText(rules)}
        autoComplete="new-password"
        value={newPassword}
        problem={needed(newPassword)}
        onChange={setNewPassword}
      />
      <SecretField
        label={t('account.again')}
        autoComplete="new-password"
        value={again}
        problem={differs}
        onChange={setAgain}
      />
      <AccountProblem error={change.error} />
      <Button type="primary" htmlType="submit" loading={change.isPending}>
        {t('account.change')}
      </Button>
    </form>
  )
}

function useRulesText({ minLength, classes, longFrom, history }: PasswordRules): string {
  const { t } = useTranslation()
  return [
    t('account.rulesLength', { minLength }),
    ...(classes > 1 ? [t('account.rulesClasses', { classes, longFrom })] : []),
    ...(history > 0 ? [t('account.rulesHistory', { history })] : []),
  ].join(t('account.comma'))
}
