import { Component, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

type State = { readonly error: unknown }

/** The last resort: a page that has thrown shows what to do instead of nothing. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { error: undefined }

  static getDerivedStateFromError(error: unknown): State {
    return { error: error ?? new Error('unknown') }
  }

  override render(): ReactNode {
    return this.state.error === undefined ? this.props.children : <CrashPage error={this.state.error} />
  }
}

export function CrashPage({ error }: { readonly error: unknown }) {
  const { t } = useTranslation()
  return (
    <main className="content">
      <div className="panel empty" role="alert">
        <p className="empty-title">{t('error.crash')}</p>
        <p className="muted">{t('error.crashHint')}</p>
        <pre className="crash">
          {error instanceof Error ? `${error.name}: ${error.message}` : String(error)}
        </pre>
        <button type="button" className="plain-button" onClick={() => window.location.reload()}>
          {t('connection.reload')}
        </button>
      </div>
    </main>
  )
}
