import { type ErrorComponentProps, Link, useRouter } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { ApiError } from '../api/client.ts'
import { Empty, Failure, Loading } from '../ui/page-states.tsx'
import { CrashPage } from './error-boundary.tsx'

export function RoutePending() {
  return <Loading />
}

/** The session or the page's code could not be loaded. */
export function RouteFailure({ error }: ErrorComponentProps) {
  const router = useRouter()
  if (!(error instanceof ApiError)) return <CrashPage error={error} />
  const retry = (): void => void router.invalidate() // a failure is shown here again
  return (
    <main className="content">
      <Failure error={error} retry={retry} />
    </main>
  )
}

export function RouteMissing() {
  const { t } = useTranslation()
  return (
    <main className="content">
      <Empty isPage title={t('error.notFoundTitle')} hint={t('error.notFoundHint')}>
        <Link to="/devices" search={{}}>
          {t('error.home')}
        </Link>
      </Empty>
    </main>
  )
}
