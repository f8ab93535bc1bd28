import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useRouter, useSearch } from '@tanstack/react-router'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { sessionQuery, signOut } from '../../api/session.ts'
import { LanguageSwitch } from '../../shell/language-switch.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { useTitle } from '../../ui/use-title.ts'
import { securityQuery } from './account-api.ts'
import { PasswordForm } from './password-form.tsx'
import { SetUp } from './second-factor.tsx'
import '../commissioning/commissioning.css'
import '../users/users.css'
import './account.css'

/** What has to be done before anything else: nothing but this answers until then. */
export function DutyPage() {
  const { t } = useTranslation()
  const session = useQuery(sessionQuery)
  const security = useQuery(securityQuery)
  useTitle(t('account.duty'))
  const leave = useLeave()
  return (
    <main className="sign-in">
      <div className="sign-in-card duty-card panel">
        <div className="sign-in-head">
          <h1>{t('account.duty')}</h1>
          <LanguageSwitch />
        </div>
        <QueryView query={session} skeletonRows={3}>
          {({ user }) => (
            <QueryView query={security} skeletonRows={3}>
              {({ rules }) =>
                user.must === 'set-up-second-factor' ? (
                  <>
                    <p>{t('account.mustFactor')}</p>
                    <SetUp onDone={leave.on} />
                  </>
                ) : (
                  <>
                    <p>{t('account.mustPassword')}</p>
                    <PasswordForm rules={rules} onDone={leave.on} />
                  </>
                )
              }
            </QueryView>
          )}
        </QueryView>
        <p className="duty-out">
          <Button type="link" onClick={leave.out}>
            {t('menu.signOut')}
          </Button>
        </p>
      </div>
    </main>
  )
}

function useLeave() {
  const router = useRouter()
  const queries = useQueryClient()
  const { next } = useSearch({ from: '/duty' })
  return {
    /** To where one wanted to go; what is still to be done leads back here. */
    on: async () => {
      await queries.fetchQuery({ ...sessionQuery, staleTime: 0 })
      await router.navigate({ href: next ?? '/devices', replace: true })
    },
    out: () =>
      // Whatever the server says, this browser shows nothing more.
      void signOut()
        .catch(() => undefined)
        .then(async () => {
          await router.navigate({ to: '/sign-in', search: {} })
          queries.clear()
        }),
  }
}
