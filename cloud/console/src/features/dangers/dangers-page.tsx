import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Button } from 'antd'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Danger } from '#contract/api/dangers.ts'
import { dangerGrades } from '#contract/dangers.ts'
import { siteDayOf } from '#contract/site-day.ts'
import { useMay } from '../../api/use-may.ts'
import { useEverySecond } from '../../live/use-point.ts'
import { Fact, Facts } from '../../ui/facts.tsx'
import { Empty } from '../../ui/page-states.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { Table } from '../../ui/table.tsx'
import { useTitle } from '../../ui/use-title.ts'
import '../commissioning/commissioning.css'
import { ChoiceField, TextField } from '../commissioning/form-field.tsx'
import { usePlaceName } from '../tree/place-picker.tsx'
import './dangers.css'
import { Due, GradeMark } from './danger-marks.tsx'
import { dangersQuery, exportUrl, summaryQuery } from './dangers-api.ts'
import { type DangersSearch, dangerFilters, dangersSearch } from './dangers-search.ts'

export function DangersPage() {
  const { t, i18n } = useTranslation()
  const search = useSearch({ from: '/shell/dangers' })
  const query = useQuery(dangersQuery(search))
  const mayReport = useMay('dangers.handle')
  useTitle(t('dangers.title'))
  return (
    <>
      <div className="page-head">
        <h1>{t('dangers.title')}</h1>
        <span className="danger-head">
          <a href={exportUrl(search, i18n.language)} download>
            {t('dangers.export')}
          </a>
          {mayReport && (
            <Link to="/dangers/new" search={{}} className="add-link">
              {t('dangers.report')}
            </Link>
          )}
        </span>
      </div>
      <Summary />
      <DangersFilter key={JSON.stringify(search)} search={search} />
      <QueryView query={query} skeletonRows={8}>
        {({ items, nextCursor }) =>
          items.length === 0 ? (
            <NoDangers filtered={Object.keys(search).length > 0} />
          ) : (
            <>
              <DangersTable dangers={items} />
              <Paging count={items.length} nextCursor={nextCursor} />
            </>
          )
        }
      </QueryView>
    </>
  )
}

function Summary() {
  const { t } = useTranslation()
  const query = useQuery(summaryQuery)
  return (
    <QueryView query={query} skeletonRows={1}>
      {({ open, overdue, byGrade, due, closedOfDue, closedInTime }) => (
        <Facts>
          <Fact name={t('dangers.open')}>{open}</Fact>
          <Fact name={t('dangers.overdue')}>
            <span className={overdue > 0 ? 'danger-late' : ''}>{overdue}</span>
          </Fact>
          <Fact name={t('dangers.majorOpen')}>{byGrade.major}</Fact>
          <Fact name={t('dangers.closedInYear')}>
            {due === 0
              ? t('dangers.noneDue')
              : t('dangers.closedOf', { closed: closedOfDue, due, inTime: closedInTime })}
          </Fact>
        </Facts>
      )}
    </QueryView>
  )
}

/** Applied when it is sent; the address is where it is kept. */
function DangersFilter({ search }: { readonly search: DangersSearch }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const [show, setShow] = useState<string>(search.show ?? 'open')
  const [grade, setGrade] = useState<string>(search.grade ?? '')
  const [q, setQ] = useState(search.q ?? '')

  function apply(event: FormEvent): void {
    event.preventDefault()
    // Going to an address cannot fail.
    void navigate({ to: '/dangers', search: dangersSearch({ show, grade, q, node: search.node }) })
  }

  return (
    <search>
      <form className="danger-filter" onSubmit={apply} noValidate>
        <ChoiceField
          label={t('dangers.show')}
          value={show}
          onChange={setShow}
          options={dangerFilters.map((value) => ({ value, label: t(`dangers.filter.${value}`) }))}
        />
        <ChoiceField
          label={t('dangers.gradeLabel')}
          value={grade}
          onChange={setGrade}
          options={[
            { value: '', label: t('dangers.anyGrade') },
            ...dangerGrades.map((value) => ({ value, label: t(`dangers.grade.${value}`) })),
          ]}
        />
        <TextField
          label={t('dangers.search')}
          value={q}
          onChange={setQ}
          placeholder={t('dangers.searchHint')}
        />
        <Button htmlType="submit">{t('dangers.apply')}</Button>
      </form>
    </search>
  )
}

function DangersTable({ dangers }: { readonly dangers: readonly Danger[] }) {
  const { t } = useTranslation()
  const placeOf = usePlaceName()
  const today = useEverySecond(siteDayOf)
  return (
    <Table
      label={t('dangers.list')}
      rows={dangers}
      rowKey={({ id }) => id}
      columns={[
        {
          key: 'title',
          title: t('dangers.danger'),
          head: true,
          cell: ({ id, title, node }) => (
            <>
              <Link to="/dangers/$id" params={{ id }} className="danger-open">
                {title}
              </Link>
              <div className="muted small">{placeOf(node)}</div>
            </>
          ),
        },
        { key: 'grade', title: t('dangers.gradeLabel'), cell: ({ grade }) => <GradeMark grade={grade} /> },
        { key: 'state', title: t('dangers.state'), cell: ({ state }) => t(`dangers.states.${state}`) },
        { key: 'due', title: t('dangers.due'), cell: (danger) => <Due danger={danger} today={today} /> },
        {
          key: 'assignee',
          title: t('dangers.assignee'),
          cell: ({ assignee }) =>
            assignee?.displayName ?? <span className="muted">{t('dangers.nobody')}</span>,
        },
        {
          key: 'category',
          title: t('dangers.category'),
          cell: ({ category }) => t(`dangers.categories.${category}`),
        },
      ]}
    />
  )
}

function Paging({ count, nextCursor }: { readonly count: number; readonly nextCursor: string | undefined }) {
  const { t } = useTranslation()
  const search = useSearch({ from: '/shell/dangers' })
  const { after: _, ...first } = search
  return (
    <nav className="list-end" aria-label={t('dangers.pages')}>
      {search.after !== undefined && (
        <Link to="/dangers" search={first}>
          {t('dangers.first')}
        </Link>
      )}
      <span className="muted" role="status">
        {t('dangers.shown', { count })}
      </span>
      {nextCursor !== undefined && (
        <Link to="/dangers" search={{ ...search, after: nextCursor }}>
          {t('dangers.next')}
        </Link>
      )}
    </nav>
  )
}

function NoDangers({ filtered }: { readonly filtered: boolean }) {
  const { t } = useTranslation()
  const mayReport = useMay('dangers.handle')
  if (filtered)
    return (
      <Empty title={t('dangers.noMatch')} hint={t('dangers.noMatchHint')}>
        <Link to="/dangers" search={{}}>
          {t('dangers.clear')}
        </Link>
      </Empty>
    )
  return (
    <Empty title={t('dangers.empty')} hint={t('dangers.emptyHint')}>
      {mayReport && (
        <Link to="/dangers/new" search={{}}>
          {t('dangers.report')}
        </Link>
      )}
    </Empty>
  )
}
