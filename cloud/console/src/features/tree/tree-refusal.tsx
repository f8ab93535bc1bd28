import { Alert } from 'antd'
import { useTranslation } from 'react-i18next'
import type { TreeProblem } from '#contract/api/tree.ts'
import { ApiError } from '../../api/client.ts'
import { RequestProblem } from '../commissioning/problems.tsx'
import { useTreeWords } from './use-tree-words.ts'

/** The reasons of a refused tree; nothing for any other failure. */
export function refusalOf(error: unknown): readonly TreeProblem[] {
  if (!(error instanceof ApiError) || error.code !== 'TREE_REFUSED') return []
  return Array.isArray(error.details) ? (error.details as TreeProblem[]) : []
}

/** Why nothing was changed, in the reader's words. */
export function TreeRefusal({ error }: { readonly error: unknown }) {
  const problems = refusalOf(error)
  return problems.length === 0 ? <RequestProblem error={error} /> : <Reasons problems={problems} />
}

export function Reasons({ problems }: { readonly problems: readonly TreeProblem[] }) {
  const { t } = useTranslation()
  const words = useTreeWords()
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      className="notice"
      title={t('tree.refused')}
      description={
        <ul className="problem-list">
          {problems.map((problem) => (
            <li key={JSON.stringify(problem)}>{words.problem(problem)}</li>
          ))}
        </ul>
      }
    />
  )
}
