import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Asset } from '#contract/api/assets.ts'
import {
  assetKinds,
  changeFields,
  changeSources,
  handFieldNames,
  handFields,
  inventoryFields,
  sharedFieldNames,
  sharedFields,
} from '#contract/assets.ts'
import { useMay } from '../../api/use-may.ts'
import { dateTimeText } from '../../format/time.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { Fact, Facts } from '../../ui/facts.tsx'
import { Empty } from '../../ui/page-states.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { Table } from '../../ui/table.tsx'
import { useTitle } from '../../ui/use-title.ts'
import { PlaceLink } from '../devices/place-link.tsx'
import { AssetForm } from './asset-form.tsx'
import { ThingLink, thingId, whereText } from './asset-words.tsx'
import './assets.css'
import { assetQuery, changesQuery } from './assets-api.ts'

export function AssetPage() {
  const { t } = useTranslation()
  const { code } = useParams({ from: '/shell/asset-register/$code' })
  const query = useQuery(assetQuery(code))
  return (
    <>
      <nav className="crumbs" aria-label={t('assets.title')}>
        <Link to="/asset-register" search={{}}>
          {t('assets.title')}
        </Link>
      </nav>
      <QueryView query={query} missing={<MissingAsset />}>
        {(asset) => <AssetView asset={asset} />}
      </QueryView>
    </>
  )
}

function AssetView({ asset }: { readonly asset: Asset }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const mayManage = useMay('devices.manage')
  const title = localText(asset.title, language, thingId(asset))
  useTitle(title)
  return (
    <>
      <div className="page-head">
        <h1>{title}</h1>
        <span className="muted">{localText(assetKinds[asset.kind], language, asset.kind)}</span>
        <span className="asset-links">
          <ThingLink asset={asset}>{t('assets.toThing')}</ThingLink>
          <Link to="/asset-register/labels" search={{ q: asset.id }}>
            {t('assets.labels.one')}
          </Link>
        </span>
      </div>
      <Contradictions asset={asset} />
      <AssetFacts asset={asset} />
      {mayManage && <AssetForm key={asset.updatedAt} asset={asset} />}
      <Changes id={asset.id} />
    </>
  )
}

function AssetFacts({ asset }: { readonly asset: Asset }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const { profile, profileVersion, runtime, place, byHand, removedAt } = asset
  return (
    <Facts>
      <Fact name={t('assets.code')}>
        <code>{asset.id}</code>
      </Fact>
      <Fact name={t('assets.id')}>{thingId(asset)}</Fact>
      <Fact name={t('assets.where')}>
        {place === undefined ? whereText(asset, language) || '–' : <PlaceLink place={place} />}
      </Fact>
      {sharedFieldNames.map((field) => (
        <Fact key={field} name={localText(sharedFields[field], language, field)}>
          {asset[field] ?? '–'}
        </Fact>
      ))}
      {profile !== undefined && (
        <Fact name={localText(inventoryFields.profile, language, '')}>
          {[profile, profileVersion].filter(Boolean).join(' · ')}
        </Fact>
      )}
      {runtime !== undefined && (
        <Fact name={localText(inventoryFields.runtime, language, '')}>{runtime}</Fact>
      )}
      {handFieldNames.map((field) => (
        <Fact key={field} name={localText(handFields[field], language, field)}>
          {byHand[field] ?? '–'}
        </Fact>
      ))}
      <Fact name={t('assets.registered')}>{dateTimeText(Date.parse(asset.registeredAt))}</Fact>
      {removedAt !== undefined && (
        <Fact name={t('state.removed')}>{dateTimeText(Date.parse(removedAt))}</Fact>
      )}
    </Facts>
  )
}

function Contradictions({ asset: { contradictions } }: { readonly asset: Asset }) {
  const { t } = useTranslation()
  const language = useLanguage()
  if (contradictions.length === 0) return null
  return (
    <section className="panel padded notice" aria-label={t('assets.contradiction')}>
      <p>{t('assets.contradictionText')}</p>
      <ul className="asset-contradictions">
        {contradictions.map(({ field, reported, byHand }) => (
          <li key={field}>
            {t('assets.contradictionOf', {
              field: localText(sharedFields[field], language, field),
              reported,
              byHand,
            })}
          </li>
        ))}
      </ul>
    </section>
  )
}

function Changes({ id }: { readonly id: string }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const query = useQuery(changesQuery(id))
  return (
    <section>
      <h2>{t('assets.history')}</h2>
      <QueryView query={query} skeletonRows={3}>
        {({ items }) => (
          <Table
            label={t('assets.history')}
            rows={items}
            rowKey={({ at, field, from, to }) => `${at} ${field} ${from} ${to}`}
            columns={[
              {
                key: 'field',
                title: t('assets.what'),
                head: true,
                cell: ({ field }) => localText(changeFields[field], language, field),
              },
              { key: 'from', title: t('assets.from'), cell: ({ from }) => from ?? '–' },
              { key: 'to', title: t('assets.to'), cell: ({ to }) => to ?? '–' },
              {
                key: 'at',
                title: t('assets.when'),
                cell: ({ at }) => <span className="age">{dateTimeText(Date.parse(at))}</span>,
              },
              {
                key: 'source',
                title: t('assets.source'),
                cell: ({ source, by }) =>
                  [localText(changeSources[source], language, source), by].filter(Boolean).join(' · '),
              },
            ]}
          />
        )}
      </QueryView>
    </section>
  )
}

export function MissingAsset() {
  const { t } = useTranslation()
  return (
    <Empty isPage title={t('assets.missingTitle')} hint={t('assets.missingHint')}>
      <Link to="/asset-register" search={{}}>
        {t('assets.title')}
      </Link>
    </Empty>
  )
}
