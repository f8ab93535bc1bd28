import { QRCodeSVG } from '@rc-component/qrcode'
import { useQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import type { AssetLabel } from '#contract/api/assets.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { Empty } from '../../ui/page-states.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { useTitle } from '../../ui/use-title.ts'
import { thingId, whereText } from './asset-words.tsx'
import './assets.css'
import { labelsQuery } from './assets-api.ts'

/** Sheets of labels: three beside each other on A4. Only they are printed. */
export function LabelsPage() {
  const { t } = useTranslation()
  const search = useSearch({ from: '/shell/asset-register/labels' })
  const query = useQuery(labelsQuery(search))
  useTitle(t('assets.labels.title'))
  const { after: _, ...first } = search
  return (
    <>
      <nav className="crumbs no-print" aria-label={t('assets.title')}>
        <Link to="/asset-register" search={first}>
          {t('assets.title')}
        </Link>
      </nav>
      <div className="page-head no-print">
        <h1>{t('assets.labels.title')}</h1>
        <Button type="primary" onClick={() => window.print()}>
          {t('assets.labels.print')}
        </Button>
      </div>
      {/* Whoever scans a label is sent where it was printed. */}
      <p className="muted notice no-print">{t('assets.labels.hint', { origin: location.origin })}</p>
      <QueryView query={query} skeletonRows={8}>
        {({ items, nextCursor }) =>
          items.length === 0 ? (
            <Empty title={t('assets.noMatchTitle')} hint={t('devices.noMatchHint')} />
          ) : (
            <>
              <ul className="labels" aria-label={t('assets.labels.title')}>
                {items.map((label) => (
                  <Label key={label.id} label={label} />
                ))}
              </ul>
              <nav className="list-end no-print" aria-label={t('devices.pages')}>
                {search.after !== undefined && (
                  <Link to="/asset-register/labels" search={first}>
                    {t('assets.first')}
                  </Link>
                )}
                <span className="muted" role="status">
                  {t('assets.shown', { n: items.length })}
                </span>
                {nextCursor !== undefined && (
                  <Link to="/asset-register/labels" search={{ ...search, after: nextCursor }}>
                    {t('assets.next')}
                  </Link>
                )}
              </nav>
            </>
          )
        }
      </QueryView>
    </>
  )
}

function Label({ label }: { readonly label: AssetLabel }) {
  const language = useLanguage()
  return (
    <li className="label">
      {/* Black on white whatever the theme: it is read by a camera. */}
      <QRCodeSVG
        value={`${location.origin}/a/${label.id}`}
        size={112}
        level="M"
        // The quiet zone that ISO/IEC 18004 asks for, in modules.
        marginSize={4}
        fgColor="#000"
        bgColor="#fff"
        aria-hidden="true"
      />
      <div className="label-words">
        <strong>{localText(label.title, language, thingId(label))}</strong>
        <span className="label-code">{label.id}</span>
        <span>{thingId(label)}</span>
        <span>{whereText(label, language)}</span>
      </div>
    </li>
  )
}
