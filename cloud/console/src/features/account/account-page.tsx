import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { sessionQuery } from '../../api/session.ts'
import { QueryView } from '../../ui/query-view.tsx'
import { useTitle } from '../../ui/use-title.ts'
import { GrantChips } from '../users/grant-chip.tsx'
import { ownKey, securityQuery } from './account-api.ts'
import { OwnSessions } from './own-sessions.tsx'
import { PasswordForm } from './password-form.tsx'
import { SecondFactor } from './second-factor.tsx'
import '../commissioning/commissioning.css'
import '../users/users.css'
import './account.css'

/** Everybody’s own: who one is here, password, second factor, where one is signed in. */
export function AccountPage() {
  const { t } = useTranslation()
  const user = useQuery(sessionQuery).data?.user
  const security = useQuery(securityQuery)
  useTitle(t('account.title'))
  return (
    <>
      <div className="page-head">
        <h1>{t('account.title')}</h1>
        {user !== undefined && <span className="muted">{`${user.displayName} · ${user.username}`}</span>}
      </div>
      {user !== undefined && (
        <section className="account-roles" aria-label={t('users.roles')}>
          <GrantChips grants={user.grants} />
        </section>
      )}
      <QueryView query={security}>
        {(own) =>
          own.hasPassword ? (
            <div className="account-parts">
              <section className="panel padded" aria-labelledby="own-password">
                <h2 id="own-password">{t('account.password')}</h2>
                <OwnPassword own={own} />
              </section>
              <section className="panel padded" aria-labelledby="own-factor">
                <h2 id="own-factor">{t('account.factor')}</h2>
                <SecondFactor security={own} />
              </section>
            </div>
          ) : (
            <p className="panel padded">{t('account.elsewhere')}</p>
          )
        }
      </QueryView>
      <section aria-labelledby="own-sessions">
        <h2 id="own-sessions">{t('account.sessions')}</h2>
        <OwnSessions />
      </section>
    </>
  )
}

function OwnPassword({ own }: { readonly own: Parameters<typeof SecondFactor>[0]['security'] }) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const [isDone, setDone] = useState(false)
  return (
    <>
      {isDone && <Alert type="success" showIcon className="notice" title={t('account.changed')} />}
      <PasswordForm
        rules={own.rules}
        onDone={() => {
          setDone(true)
          return queries.invalidateQueries({ queryKey: [ownKey] })
        }}
      />
    </>
  )
}
