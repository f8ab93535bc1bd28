import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Button } from 'antd'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { DataPoint } from '#contract/api/data-catalogue.ts'
import { dataClasses, dataClassNames } from '#contract/data-classes.ts'
import { useMay } from '../../api/use-may.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { Empty } from '../../ui/page-states.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { useTitle } from '../../ui/use-title.ts'
import '../assets/assets.css'
import '../commissioning/commissioning.css'
import { ChoiceField, TextField } from '../commissioning/form-field.tsx'
import { dataFile, dataQuery, figuresQuery } from './data-api.ts'
import { type DataSearch, dataSearch } from './data-search.ts'
import { DataTable } from './data-table.tsx'
import { FiguresTable } from './figures-table.tsx'
import { PointDialog } from './point-dialog.tsx'

/** What data there are and how each is to be handled. */
export function DataPage() {
  const { t } = useTranslation()
  const language = useLanguage()
  const search = useSearch({ from: '/shell/data-catalogue' })
  const query = useQuery(dataQuery(search))
  const [opened, open] = useState<DataPoint>()
  const mayManage = useMay('devices.manage')
  useTitle(t('data.title'))
  const { after: _, ...filter } = search
  return (
    <>
      <div className="page-head">
        <h1>{t('data.title')}</h1>
        <nav className="asset-links" aria-label={t('assets.more')}>
          <Link to="/data-catalogue" search={{ conflict: true }}>
            {t('data.conflicts')}
          </Link>
          <a href={dataFile(search, language)} download>
            {t('assets.export')}
          </a>
        </nav>
      </div>
      {/* Another filter in the address is another form. */}
      <DataFilter key={JSON.stringify(filter)} search={filter} />
      <QueryView query={query} skeletonRows={10}>
        {({ items, nextCursor }) =>
          items.length === 0 ? (
            <NoData search={search} />
          ) : (
            <>
              <DataTable points={items} {...(mayManage ? { onOpen: open } : {})} />
              <Paging count={items.length} nextCursor={nextCursor} />
            </>
          )
        }
      </QueryView>
      <Figures />
      {opened !== undefined && <PointDialog point={opened} onDone={() => open(undefined)} />}
    </>
  )
}

function DataFilter({ search }: { readonly search: DataSearch }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const navigate = useNavigate()
  const [q, setQ] = useState(search.q ?? '')
  const [dataClass, setDataClass] = useState<string>(search.dataClass ?? '')
  const [show, setShow] = useState(search.conflict ? 'conflict' : 'all')

  function apply(event: FormEvent): void {
    event.preventDefault()
    const { device } = search
    // Going to an address cannot fail.
    void navigate({
      to: '/data-catalogue',
      search: dataSearch({ q, device, dataClass, conflict: show === 'conflict' }),
    })
  }

  return (
    <search>
      <form className="asset-filter" onSubmit={apply} noValidate>
        <TextField label={t('data.search')} value={q} onChange={setQ} placeholder={t('data.searchHint')} />
        <ChoiceField
          label={t('data.class')}
          value={dataClass}
          onChange={setDataClass}
          options={[
            { value: '', label: t('data.anyClass') },
            ...dataClassNames.map((value) => ({
              value,
              label: localText(dataClasses[value], language, value),
            })),
          ]}
        />
        <ChoiceField
          label={t('assets.show')}
          value={show}
          onChange={setShow}
          options={[
            { value: 'all', label: t('data.all') },
            { value: 'conflict', label: t('data.conflicts') },
          ]}
        />
        <Button htmlType="submit">{t('assets.apply')}</Button>
      </form>
    </search>
  )
}

function Paging({ count, nextCursor }: { readonly count: number; readonly nextCursor: string | undefined }) {
  const { t } = useTranslation()
  const search = useSearch({ from: '/shell/data-catalogue' })
  const { after: _, ...first } = search
  return (
    <nav className="list-end" aria-label={t('devices.pages')}>
      {search.after !== undefined && (
        <Link to="/data-catalogue" search={first}>
          {t('assets.first')}
        </Link>
      )}
      <span className="muted" role="status">
        {t('assets.shown', { n: count })}
      </span>
      {nextCursor !== undefined && (
        <Link to="/data-catalogue" search={{ ...search, after: nextCursor }}>
          {t('assets.next')}
        </Link>
      )}
    </nav>
  )
}

function Figures() {
  const { t } = useTranslation()
  const query = useQuery(figuresQuery)
  return (
    <section>
      <h2>{t('data.figures')}</h2>
      <QueryView query={query} skeletonRows={4}>
        {({ items }) => <FiguresTable figures={items} />}
      </QueryView>
    </section>
  )
}

function NoData({ search }: { readonly search: DataSearch }) {
  const { t } = useTranslation()
  if (search.conflict) return <Empty title={t('data.noConflict')} hint={t('data.noConflictHint')} />
  if (Object.keys(search).length === 0)
    return <Empty title={t('data.emptyTitle')} hint={t('assets.emptyHint')} />
  return (
    <Empty title={t('data.noMatchTitle')} hint={t('devices.noMatchHint')}>
      <Link to="/data-catalogue" search={{}}>
        {t('devices.clear')}
      </Link>
    </Empty>
  )
}
