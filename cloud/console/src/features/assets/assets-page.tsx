import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Button } from 'antd'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Asset } from '#contract/api/assets.ts'
import { assetKindNames, assetKinds, sharedFields } from '#contract/assets.ts'
import { useMay } from '../../api/use-may.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { Empty } from '../../ui/page-states.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { Table } from '../../ui/table.tsx'
import { useTitle } from '../../ui/use-title.ts'
import '../commissioning/commissioning.css'
import { ChoiceField, TextField } from '../commissioning/form-field.tsx'
import { ContradictionMark, thingId, whereText } from './asset-words.tsx'
import './assets.css'
import { assetsFile, assetsQuery } from './assets-api.ts'
import { type AssetsSearch, assetsSearch } from './assets-search.ts'

/** The register of what the school owns. */
export function AssetsPage() {
  const { t } = useTranslation()
  const language = useLanguage()
  const search = useSearch({ from: '/shell/asset-register' })
  const query = useQuery(assetsQuery(search))
  const mayManage = useMay('devices.manage')
  useTitle(t('assets.title'))
  const { after: _, ...filter } = search
  return (
    <>
      <div className="page-head">
        <h1>{t('assets.title')}</h1>
        <nav className="asset-links" aria-label={t('assets.more')}>
          {mayManage && (
            <Link to="/asset-register/unknown" search={{}}>
              {t('assets.unknown.title')}
            </Link>
          )}
          <Link to="/asset-register/labels" search={filter}>
            {t('assets.labels.title')}
          </Link>
          <a href={assetsFile(search, language)} download>
            {t('assets.export')}
          </a>
        </nav>
      </div>
      {/* Another filter in the address is another form. */}
      <AssetsFilter key={JSON.stringify(filter)} search={filter} />
      <QueryView query={query} skeletonRows={10}>
        {({ items, nextCursor }) =>
          items.length === 0 ? (
            <NoAssets filtered={Object.keys(search).length > 0} />
          ) : (
            <>
              <AssetsTable assets={items} />
              <Paging count={items.length} nextCursor={nextCursor} />
            </>
          )
        }
      </QueryView>
    </>
  )
}

/** Applied when it is sent; the address is where it is kept. */
function AssetsFilter({ search }: { readonly search: AssetsSearch }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const navigate = useNavigate()
  const [kind, setKind] = useState<string>(search.kind ?? '')
  const [show, setShow] = useState<string>(
    search.contradicting ? 'contradicting' : (search.state ?? 'present'),
  )
  const [q, setQ] = useState(search.q ?? '')

  function apply(event: FormEvent): void {
    event.preventDefault()
    const chosen = show === 'contradicting' ? { contradicting: true } : { state: show }
    // Going to an address cannot fail.
    void navigate({ to: '/asset-register', search: assetsSearch({ kind, q, ...chosen }) })
  }

  return (
    <search>
      <form className="asset-filter" onSubmit={apply} noValidate>
        <TextField
          label={t('assets.search')}
          value={q}
          onChange={setQ}
          placeholder={t('assets.searchHint')}
        />
        <ChoiceField
          label={t('assets.kind')}
          value={kind}
          onChange={setKind}
          options={[
            { value: '', label: t('assets.anyKind') },
            ...assetKindNames.map((value) => ({
              value,
              label: assetKinds[value][language === 'en' ? 'en' : 'zh'],
            })),
          ]}
        />
        <ChoiceField
          label={t('assets.show')}
          value={show}
          onChange={setShow}
          options={(['present', 'removed', 'all', 'contradicting'] as const).map((value) => ({
            value,
            label: t(`assets.states.${value}`),
          }))}
        />
        <Button htmlType="submit">{t('assets.apply')}</Button>
      </form>
    </search>
  )
}

function AssetsTable({ assets }: { readonly assets: readonly Asset[] }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const name = (field: keyof typeof sharedFields) => localText(sharedFields[field], language, field)
  return (
    <Table
      label={t('assets.list')}
      rows={assets}
      rowKey={({ id }) => id}
      columns={[
        {
          key: 'title',
          title: t('assets.thing'),
          head: true,
          cell: (asset) => (
            <>
              <Link to="/asset-register/$code" params={{ code: asset.id }} className="row-link">
                {localText(asset.title, language, thingId(asset))}
              </Link>
              <span className="id">{thingId(asset)}</span>
            </>
          ),
        },
        {
          key: 'kind',
          title: t('assets.kind'),
          cell: ({ kind, removedAt }) => (
            <>
              {localText(assetKinds[kind], language, kind)}
              {removedAt !== undefined && <span className="id">{t('state.removed')}</span>}
            </>
          ),
        },
        { key: 'where', title: t('assets.where'), cell: (asset) => whereText(asset, language) || '–' },
        {
          key: 'model',
          title: t('device.model'),
          cell: ({ maker, model, contradictions }) => (
            <>
              {[maker, model].filter(Boolean).join(' ') || '–'}
              {contradictions.length > 0 && <ContradictionMark />}
            </>
          ),
        },
        { key: 'serial', title: name('serial'), cell: ({ serial }) => serial ?? '–' },
        { key: 'firmware', title: name('firmware'), cell: ({ firmware }) => firmware ?? '–' },
        { key: 'address', title: name('address'), cell: ({ address }) => address ?? '–' },
      ]}
    />
  )
}

function Paging({ count, nextCursor }: { readonly count: number; readonly nextCursor: string | undefined }) {
  const { t } = useTranslation()
  const search = useSearch({ from: '/shell/asset-register' })
  const { after: _, ...first } = search
  return (
    <nav className="list-end" aria-label={t('devices.pages')}>
      {search.after !== undefined && (
        <Link to="/asset-register" search={first}>
          {t('assets.first')}
        </Link>
      )}
      <span className="muted" role="status">
        {t('assets.shown', { n: count })}
      </span>
      {nextCursor !== undefined && (
        <Link to="/asset-register" search={{ ...search, after: nextCursor }}>
          {t('assets.next')}
        </Link>
      )}
    </nav>
  )
}

function NoAssets({ filtered }: { readonly filtered: boolean }) {
  const { t } = useTranslation()
  if (!filtered) return <Empty title={t('assets.emptyTitle')} hint={t('assets.emptyHint')} />
  return (
    <Empty title={t('assets.noMatchTitle')} hint={t('devices.noMatchHint')}>
      <Link to="/asset-register" search={{}}>
        {t('devices.clear')}
      </Link>
    </Empty>
  )
}
