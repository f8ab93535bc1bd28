import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { DayStream } from '#contract/api/ledger.ts'
import { countText } from '../../format/number.ts'
import { dateTimeText } from '../../format/time.ts'
import type { Language } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { Mark } from '../../ui/marks.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { rangesText } from './ledger-account.ts'
import { type DayRow, rowsOf, startOfEpoch } from './ledger-day.ts'
import { useReason } from './use-reason.ts'

/** The totals of one stream and every range of the day. */
export function DayAccounts({ stream }: { readonly stream: DayStream }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const reasonText = useReason()
  const { totals } = stream
  const isEvents = stream.stream === 'events'
  const unit = isEvents ? 'eventCount' : 'sampleCount'
  const content = isEvents ? t('ledger.events') : t('gateways.samples')
  const figures = [
    { name: t('ledger.received'), ...totals.received },
    { name: t('ledger.dropped'), ...totals.dropped },
    { name: t('ledger.owed'), ...totals.owed },
  ]
  const rows = rowsOf(stream)
  const ranges = totals.dropped.ranges + totals.owed.ranges + stream.received.length
  const title = t(`ledger.${stream.stream}`)
  return (
    <section className="panel account" aria-label={title}>
      <h2>{title}</h2>
      <dl className="figures">
        {figures.map(({ name, batches, samples }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {t('ledger.batches', { count: batches, shown: countText(batches, language) })}
              <span className="figure-detail">
                {t(`ledger.${unit}`, { count: samples, shown: countText(samples, language) })}
              </span>
            </dd>
          </div>
        ))}
      </dl>
      {rows.length > 0 && (
        <Table
          label={title}
          columns={columnsOf({ t, language, reasonText, content })}
          rows={rows}
          rowKey={(row) =>
            `${row.fate} ${row.epoch} ${row.firstSeq} ${row.fate === 'received' ? row.lane : ''}`
          }
        />
      )}
      {ranges > rows.length && (
        <p className="list-end muted">{t('ledger.clipped', { count: ranges - rows.length })}</p>
      )}
    </section>
  )
}

type Words = {
  readonly t: TFunction
  readonly language: Language
  readonly reasonText: (reason: string) => string
  /** What the batches hold. */
  readonly content: string
}

const marks = { received: 'normal', dropped: 'bad', owed: 'stale' } as const

function columnsOf({ t, language, reasonText, content }: Words): Column<DayRow>[] {
  const count = (value: number) => countText(value, language)
  return [
    {
      key: 'fate',
      title: t('ledger.fate'),
      head: true,
      cell: ({ fate }) => (
        <span className={`state state-${marks[fate]}`}>
          <Mark name={marks[fate]} />
          <span>{t(`ledger.${fate}`)}</span>
        </span>
      ),
    },
    {
      key: 'numbers',
      title: t('ledger.numbers'),
      cell: (row) => (
        <>
          {rangesText([[row.firstSeq, row.lastSeq]], count).text}
          <span className="id">{t('ledger.run', { time: dateTimeText(startOfEpoch(row.epoch)) })}</span>
        </>
      ),
    },
    { key: 'batches', title: t('gateways.batches'), numeric: true, cell: (row) => count(batchesOf(row)) },
    {
      key: 'samples',
      title: content,
      numeric: true,
      // Of what is owed only the sum is known, and of a damaged file not even that.
      cell: (row) => ('samples' in row && row.samples > 0 ? count(row.samples) : '–'),
    },
    {
      key: 'how',
      title: t('ledger.how'),
      cell: (row) => <How row={row} t={t} reasonText={reasonText} />,
    },
  ]
}

function batchesOf(row: DayRow): number {
  return row.fate === 'received' ? row.batches : row.lastSeq - row.firstSeq + 1
}

type HowProps = { readonly row: DayRow; readonly t: TFunction; readonly reasonText: Words['reasonText'] }

/** By which lane it came; or why and when it was lost, and when it was measured; or since when it is owed. */
function How({ row, t, reasonText }: HowProps) {
  if (row.fate === 'received') return t('ledger.byLane', { lane: t(`gateways.${row.lane}`) })
  if (row.fate === 'owed') return t('ledger.owedSince', { time: dateTimeText(Date.parse(row.since)) })
  const { from, to } = row
  return (
    <>
      {reasonText(row.reason)}
      <span className="id">{t('ledger.droppedAt', { time: dateTimeText(Date.parse(row.at)) })}</span>
      {from !== undefined && to !== undefined && (
        <span className="id">
          {t('ledger.droppedSpan', {
            from: dateTimeText(Date.parse(from)),
            to: dateTimeText(Date.parse(to)),
          })}
        </span>
      )}
    </>
  )
}
