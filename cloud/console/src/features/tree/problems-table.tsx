import { useTranslation } from 'react-i18next'
import type { TreeProblem } from '#contract/api/tree.ts'
import { type Column, Table } from '../../ui/table.tsx'
import { useTreeWords } from './use-tree-words.ts'

/** More would fill no purpose: they are corrected from the top. */
const maxShown = 200

export function ProblemsTable({ problems }: { readonly problems: readonly TreeProblem[] }) {
  const { t } = useTranslation()
  const words = useTreeWords()
  const where = ({ row, line, path }: TreeProblem): string[] => [
    ...(row === undefined ? [] : [t('tree.row', { row })]),
    ...(line === undefined ? [] : [t('tree.line', { line })]),
    ...(path === undefined || path === '' ? [] : [path]),
  ]
  const columns: Column<TreeProblem>[] = [
    { key: 'where', title: t('tree.where'), cell: (problem) => where(problem).join(' · ') || '–' },
    { key: 'node', title: t('tree.field.id'), cell: ({ node }) => node ?? '–' },
    { key: 'what', title: t('tree.problem_what'), wide: true, cell: (problem) => words.problem(problem) },
  ]
  return (
    <>
      <Table
        label={t('tree.problems')}
        columns={columns}
        rows={problems.slice(0, maxShown)}
        rowKey={(problem) => JSON.stringify(problem)}
      />
      {problems.length > maxShown && (
        <p className="muted small">{t('tree.more', { shown: problems.length - maxShown })}</p>
      )}
    </>
  )
}
