import { Alert, Button } from 'antd'
import { useTranslation } from 'react-i18next'

export type OneTimePasswordProps = {
  readonly username: string
  readonly password: string
  readonly onDone: () => void
}

/** Shown this once; nobody can read it again. */
export function OneTimePassword({ username, password, onDone }: OneTimePasswordProps) {
  const { t } = useTranslation()
  return (
    <Alert
      type="success"
      showIcon
      className="notice"
      title={t('users.passwordFor', { username })}
      description={
        <div className="secret-note">
          <p>
            <code className="secret" data-testid="one-time-password">
              {password}
            </code>
          </p>
          <p>{t('users.passwordHint')}</p>
          <Button onClick={onDone}>{t('users.passwordDone')}</Button>
        </div>
      }
    />
  )
}
