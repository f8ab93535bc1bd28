import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Segmented } from 'antd'
import { useTranslation } from 'react-i18next'
import type { AlarmQuality, AlarmSource, QualityFigure } from '#contract/api/alarms.ts'
import { dateTimeText } from '../../format/time.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { Empty } from '../../ui/page-states.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { useTitle } from '../../ui/use-title.ts'
import './alarms.css'
import { qualityQuery } from './alarm-api.ts'

type Post = AlarmQuality['posts'][number]

/** How good the alarms are, by the figures of EEMUA 191, for each duty post. */
export function QualityPage() {
  const { t } = useTranslation()
  const { days = 30 } = useSearch({ from: '/shell/alarms/quality' })
  const navigate = useNavigate()
  const query = useQuery(qualityQuery(days))
  useTitle(t('alarmQuality.title'))
  return (
    <>
      <p className="crumbs">
        <Link to="/alarms" search={{}}>
          {t('alarms.title')}
        </Link>
      </p>
      <div className="page-head">
        <h1>{t('alarmQuality.title')}</h1>
        <Segmented<7 | 30 | 90>
          aria-label={t('alarmQuality.range')}
          value={days}
          // The choice is a matter of the address; going there cannot fail.
          onChange={(chosen) =>
            void navigate({
              to: '/alarms/quality',
              search: chosen === 30 ? {} : { days: chosen },
              replace: true,
            })
          }
          options={([7, 30, 90] as const).map((value) => ({
            value,
            label: t('alarmQuality.days', { count: value }),
          }))}
        />
      </div>
      <p className="muted">{t('alarmQuality.about')}</p>
      <QueryView query={query} skeletonRows={10}>
        {({ posts, from, to }) =>
          posts.length === 0 ? (
            <Empty title={t('alarmQuality.emptyTitle')} hint={t('alarmQuality.emptyHint')} />
          ) : (
            <>
              <p className="muted small">
                {dateTimeText(Date.parse(from))} – {dateTimeText(Date.parse(to))}
              </p>
              {posts.map((post) => (
                <PostSection key={post.post} post={post} />
              ))}
            </>
          )
        }
      </QueryView>
    </>
  )
}

function PostSection({ post }: { readonly post: Post }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const name = localText(post.title, language, post.post === '' ? t('alarms.noPost') : post.post)
  return (
    <section>
      <h2>{name}</h2>
      <Table
        label={t('alarmQuality.figuresOf', { post: name })}
        columns={useFigureColumns()}
        rows={post.figures}
        rowKey={(figure) => figure.name}
      />
      <h3 className="quality-worst">{t('alarmQuality.worst')}</h3>
      {post.worst.length === 0 ? (
        <p className="muted">{t('alarmQuality.noWorst')}</p>
      ) : (
        <Table
          label={t('alarmQuality.worstOf', { post: name })}
          columns={useSourceColumns()}
          rows={post.worst}
          rowKey={({ gateway, rule, point }) => `${gateway} ${rule} ${point}`}
        />
      )}
    </section>
  )
}

function useFigureColumns(): Column<QualityFigure>[] {
  const { t } = useTranslation()
  const value = useFigureText()
  return [
    {
      key: 'name',
      title: t('alarmQuality.figure'),
      head: true,
      cell: ({ name }) => t(`alarmQuality.name.${name}`),
    },
    {
      key: 'value',
      title: t('alarmQuality.value'),
      numeric: true,
      cell: (figure) => value(figure, figure.value),
    },
    {
      key: 'target',
      title: t('alarmQuality.target'),
      numeric: true,
      cell: (figure) =>
        figure.target === undefined
          ? '–'
          : t(figure.target.kind === 'atMost' ? 'alarmQuality.atMost' : 'alarmQuality.near', {
              value: value(figure, figure.target.value),
            }),
    },
    {
      key: 'met',
      title: t('alarmQuality.met'),
      cell: ({ isMet }) =>
        isMet === undefined ? (
          '–'
        ) : (
          <Met isMet={isMet} text={t(isMet ? 'alarmQuality.yes' : 'alarmQuality.no')} />
        ),
    },
    {
      key: 'source',
      title: t('alarmQuality.source'),
      cell: ({ source }) =>
        source === undefined ? '–' : `${source.document} · ${t(`alarmQuality.verified.${source.verified}`)}`,
    },
  ]
}

/** Shape and word; the colour only helps. */
function Met({ isMet, text }: { readonly isMet: boolean; readonly text: string }) {
  return (
    <span className={isMet ? 'state' : 'state quality-missed'}>
      <svg className="mark" viewBox="0 0 16 16" aria-hidden="true">
        {isMet ? (
          <circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" strokeWidth="1.8" />
        ) : (
          <path d="M8 2 15 14H1z" fill="currentColor" />
        )}
      </svg>
      <span>{text}</span>
    </span>
  )
}

function useSourceColumns(): Column<AlarmSource>[] {
  const { t } = useTranslation()
  const language = useLanguage()
  return [
    {
      key: 'title',
      title: t('alarms.what'),
      head: true,
      cell: ({ title, rule }) => localText(title, language, rule),
    },
    { key: 'point', title: t('alarms.where'), cell: ({ point }) => <span className="id">{point}</span> },
    {
      key: 'count',
      title: t('alarmQuality.name.annunciations'),
      numeric: true,
      cell: ({ annunciations }) => annunciations,
    },
    {
      key: 'chattering',
      title: t('alarms.chattering'),
      cell: ({ chattering }) => (chattering > 0 ? t('alarmQuality.yesWord') : '–'),
    },
  ]
}

function useFigureText(): (figure: QualityFigure, value: number | undefined) => string {
  const language = useLanguage()
  return ({ unit }, value) => {
    if (value === undefined) return '–'
    const options: Intl.NumberFormatOptions =
      unit === 'ratio' ? { style: 'percent', maximumFractionDigits: 1 } : { maximumFractionDigits: 2 }
    return new Intl.NumberFormat(language, options).format(value)
  }
}
