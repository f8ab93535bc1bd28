import { Alert, Button } from 'antd'
import { useTranslation } from 'react-i18next'
import type { TextProblem } from './config-text.ts'

export type ProblemsListProps = {
  readonly problems: readonly TextProblem[]
  readonly title: string
  /** Where the reader has the text before him. */
  readonly onLine?: (line: number) => void
}

/** Every problem with its place. The words are the gateway's own, as in its log. */
export function ProblemsList({ problems, title, onLine }: ProblemsListProps) {
  const { t } = useTranslation()
  return (
    <div role="alert" className="config-notice">
      <Alert type="error" showIcon title={title} />
      <ul className="config-problems" aria-label={t('configuration.problems')}>
        {problems.map(({ line, path, message, ours }) => (
          <li key={`${path} ${message}`}>
            {line !== undefined && onLine !== undefined && (
              <Button size="small" onClick={() => onLine(line)}>
                {t('configuration.line', { line })}
              </Button>
            )}
            {path !== '' && <code className="config-path">{path}</code>}
            <span lang="en">{message}</span>
            {ours && <span className="muted small">{t('configuration.ours')}</span>}
          </li>
        ))}
      </ul>
    </div>
  )
}
