import { Alert } from 'antd'
import { useTranslation } from 'react-i18next'
import type { DraftProblem } from '#contract/request.ts'
import { ApiError } from '../../api/client.ts'
import { useErrorText } from '../../ui/page-states.tsx'

/** Every problem of a refused device, by field. */
export function problemsOf(error: unknown): readonly DraftProblem[] {
  if (!(error instanceof ApiError) || !Array.isArray(error.details)) return []
  return (error.details as DraftProblem[]).filter(
    (one) => typeof one.path === 'string' && typeof one.message === 'string',
  )
}

export function problemAt(error: unknown, path: string): string | undefined {
  return problemsOf(error).find((one) => one.path === path)?.message
}

/** What went wrong in the reader's words; the gateway's own words for the person at the cabinet. */
export function RequestProblem({ error }: { readonly error: unknown }) {
  const { t } = useTranslation()
  const errorText = useErrorText()
  if (error === null || error === undefined) return null
  const problems = problemsOf(error)
  const message = error instanceof ApiError && problems.length === 0 ? error.message : ''
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      className="notice"
      title={errorText(error)}
      description={
        <>
          {problems.length > 0 && (
            <ul className="problem-list">
              {problems.map(({ path, message: text }) => (
                <li key={`${path} ${text}`}>{path === '' ? text : `${path}: ${text}`}</li>
              ))}
            </ul>
          )}
          {message !== '' && <p className="muted small">{message}</p>}
          <p className="small">{t('commissioning.nothingChanged')}</p>
        </>
      }
    />
  )
}
