import { useTranslation } from 'react-i18next'
import type { Danger } from '#contract/api/dangers.ts'
import { PriorityMark } from '../../ui/marks.tsx'

/** The grade in shape, number and word. */
export function GradeMark({ grade }: { readonly grade: Danger['grade'] }) {
  const { t } = useTranslation()
  if (grade === undefined) return <span className="muted">{t('dangers.ungraded')}</span>
  return (
    <span className="danger-grade">
      <PriorityMark priority={grade === 'major' ? 1 : 3} />
      {t(`dangers.grade.${grade}`)}
    </span>
  )
}

/** The day until which, and in words when it is over. */
export function Due({ danger, today }: { readonly danger: Danger; readonly today: string }) {
  const { t } = useTranslation()
  const { due, state, overdue } = danger
  if (due === undefined) return <span className="muted">{t('dangers.noDue')}</span>
  const isLate = due < today && ['found', 'graded', 'assigned'].includes(state)
  return (
    <span className={isLate ? 'danger-late' : ''}>
      {due}
      {isLate && <strong> · {t(overdue === 2 ? 'dangers.lateDistrict' : 'dangers.late')}</strong>}
    </span>
  )
}
