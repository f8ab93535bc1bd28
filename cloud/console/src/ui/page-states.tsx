import { Alert, Button, Skeleton } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '../api/client.ts'

export function Loading({ rows = 6 }: { readonly rows?: number }) {
  return (
    <div className="panel padded" aria-busy="true" data-testid="loading">
      <Skeleton active title={false} paragraph={{ rows }} />
    </div>
  )
}

export type EmptyProps = {
  readonly title: string
  readonly hint: string
  /** It is all there is on the page: its title is the page's heading. */
  readonly isPage?: boolean
  readonly children?: ReactNode
}

/** Nothing to show, why, and what to do about it. */
export function Empty({ title, hint, isPage = false, children }: EmptyProps) {
  const Heading = isPage ? 'h1' : 'p'
  return (
    <div className="panel empty">
      <Heading className="empty-title">{title}</Heading>
      <p className="muted">{hint}</p>
      {children}
    </div>
  )
}

/** What went wrong in the reader's words, by the server's code. */
export function useErrorText(): (error: unknown) => string {
  const { t } = useTranslation()
  return (error) => {
    const code = error instanceof ApiError ? error.code : 'UNEXPECTED'
    return `${t(`errorCode.${code}`, { defaultValue: t('errorCode.UNEXPECTED') })}`
  }
}

export type FailureProps = { readonly error: unknown; readonly retry: () => void }

export function Failure({ error, retry }: FailureProps) {
  const { t } = useTranslation()
  const errorText = useErrorText()
  const code = error instanceof ApiError ? error.code : 'UNEXPECTED'
  return (
    <div className="panel empty" role="alert">
      <p className="empty-title">{t('error.title')}</p>
      <p>{errorText(error)}</p>
      <p className="muted small">{t('error.code', { code })}</p>
      <Button type="primary" onClick={retry}>
        {t('error.retry')}
      </Button>
    </div>
  )
}

/** The data on the page are from before: a refresh has failed. */
export function StillShown({ error, retry }: FailureProps) {
  const { t } = useTranslation()
  const errorText = useErrorText()
  return (
    <Alert
      type="warning"
      showIcon
      className="notice"
      title={`${t('error.stillShown')} ${errorText(error)}`}
      action={
        <Button size="small" onClick={retry}>
          {t('error.retry')}
        </Button>
      }
    />
  )
}
