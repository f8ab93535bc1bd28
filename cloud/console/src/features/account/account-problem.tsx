import { Alert } from 'antd'
import { useTranslation } from 'react-i18next'
import type { PasswordProblem } from '#contract/api/me.ts'
import { ApiError } from '../../api/client.ts'
import { useErrorText } from '../../ui/page-states.tsx'

/** Why the server said no: each broken rule of a password, or the one word that there is. */
export function AccountProblem({ error }: { readonly error: unknown }) {
  const { t } = useTranslation()
  const errorText = useErrorText()
  if (error === null || error === undefined) return null
  const code = error instanceof ApiError ? error.code : undefined
  // One is signed in: the name is not what is wrong.
  const title = code === 'LOGIN_FAILED' ? t('account.wrongPassword') : errorText(error)
  const problems = problemsOf(error)
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      className="notice"
      title={title}
      description={
        problems.length === 0 ? undefined : (
          <ul className="problem-list">
            {problems.map(({ rule, expected = 0 }) => (
              <li key={rule}>{t(`account.rule.${rule}`, { expected })}</li>
            ))}
          </ul>
        )
      }
    />
  )
}

function problemsOf(error: unknown): readonly PasswordProblem[] {
  const isRefused = error instanceof ApiError && error.code === 'PASSWORD_REFUSED'
  return isRefused && Array.isArray(error.details) ? (error.details as PasswordProblem[]) : []
}
