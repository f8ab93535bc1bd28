import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { DangerDetail, DangerStep } from '#contract/api/dangers.ts'
import { siteDayOf } from '#contract/site-day.ts'
import { dateTimeText } from '../../format/time.ts'
import { useEverySecond } from '../../live/use-point.ts'
import { Fact, Facts } from '../../ui/facts.tsx'
import { Empty } from '../../ui/page-states.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { useTitle } from '../../ui/use-title.ts'
import '../commissioning/commissioning.css'
import { usePlaceName } from '../tree/place-picker.tsx'
import './dangers.css'
import { DangerActions } from './danger-actions.tsx'
import { Due, GradeMark } from './danger-marks.tsx'
import { dangerQuery, photoUrl } from './dangers-api.ts'

export function DangerPage() {
  const { t } = useTranslation()
  const { id } = useParams({ from: '/shell/dangers/$id' })
  const query = useQuery(dangerQuery(id))
  useTitle(query.data?.title ?? t('dangers.title'))
  const missing = (
    <Empty isPage title={t('dangers.missing')} hint={t('dangers.missingHint')}>
      <Link to="/dangers" search={{}}>
        {t('dangers.title')}
      </Link>
    </Empty>
  )
  return (
    <QueryView query={query} missing={missing}>
      {(danger) => <Detail danger={danger} />}
    </QueryView>
  )
}

function Detail({ danger }: { readonly danger: DangerDetail }) {
  const { t } = useTranslation()
  const placeOf = usePlaceName()
  const today = useEverySecond(siteDayOf)
  const { title, node, grade, state, category, assignee, foundBy, foundAt, description, alarm } = danger
  return (
    <>
      <div className="page-head">
        <h1>{title}</h1>
      </div>
      <Facts>
        <Fact name={t('dangers.state')}>{t(`dangers.states.${state}`)}</Fact>
        <Fact name={t('dangers.gradeLabel')}>
          <GradeMark grade={grade} />
        </Fact>
        <Fact name={t('dangers.due')}>
          <Due danger={danger} today={today} />
        </Fact>
        <Fact name={t('dangers.assignee')}>{assignee?.displayName ?? t('dangers.nobody')}</Fact>
        <Fact name={t('place.label')}>{placeOf(node)}</Fact>
        <Fact name={t('dangers.category')}>{t(`dangers.categories.${category}`)}</Fact>
        <Fact
          name={t('dangers.found')}
        >{`${foundBy.displayName} · ${dateTimeText(Date.parse(foundAt))}`}</Fact>
        {alarm !== undefined && <Fact name={t('dangers.alarm')}>{alarm}</Fact>}
      </Facts>
      {description !== '' && <p className="panel padded danger-text">{description}</p>}
      <Photos danger={danger} />
      <DangerActions danger={danger} />
      <History steps={danger.steps} />
    </>
  )
}

function Photos({ danger: { id, photos } }: { readonly danger: DangerDetail }) {
  const { t } = useTranslation()
  if (photos.length === 0) return null
  return (
    <ul className="danger-photos" aria-label={t('dangers.photos')}>
      {photos.map((photo) => {
        const words = t('dangers.photoBy', {
          name: photo.by.displayName,
          at: dateTimeText(Date.parse(photo.at)),
        })
        return (
          <li key={photo.id}>
            <a href={photoUrl(id, photo.id)} target="_blank" rel="noreferrer">
              <img src={photoUrl(id, photo.id)} alt={words} loading="lazy" />
            </a>
            <span className="muted small">{words}</span>
          </li>
        )
      })}
    </ul>
  )
}

function History({ steps }: { readonly steps: readonly DangerStep[] }) {
  const { t } = useTranslation()
  return (
    <section className="panel padded" aria-labelledby="danger-history">
      <h2 id="danger-history">{t('dangers.history')}</h2>
      <ol className="danger-steps">
        {steps.toReversed().map((step) => (
          <li key={step.n}>
            <span className="muted small">{dateTimeText(Date.parse(step.at))}</span>
            <strong>{t(`dangers.steps.${step.action}`)}</strong>
            <span>{step.by?.displayName ?? t('dangers.system')}</span>
            <StepFacts step={step} />
            {step.note !== '' && <p className="danger-text">{step.note}</p>}
          </li>
        ))}
      </ol>
    </section>
  )
}

function StepFacts({ step: { grade, assignee, due, overdue } }: { readonly step: DangerStep }) {
  const { t } = useTranslation()
  const facts = [
    grade === undefined ? '' : t(`dangers.grade.${grade}`),
    assignee?.displayName ?? '',
    due === undefined ? '' : t('dangers.until', { day: due }),
    overdue === undefined ? '' : t(overdue === 2 ? 'dangers.toldDistrict' : 'dangers.toldSchool'),
  ].filter(Boolean)
  return facts.length === 0 ? null : <span className="muted">{facts.join(' · ')}</span>
}
