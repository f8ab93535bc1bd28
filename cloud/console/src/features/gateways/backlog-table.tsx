import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { LaneBacklog } from '#contract/api/gateways.ts'
import { bytesText, countText, numberText } from '../../format/number.ts'
import { instantText } from '../../format/time.ts'
import type { Language } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { useEverySecond } from '../../live/use-point.ts'
import { type Column, Table } from '../../ui/table.tsx'

const order = ['events', 'live', 'backfill'] as const

/** What waits on the gateway, lane by lane, the most urgent first. */
export function BacklogTable({ backlog }: { readonly backlog: readonly LaneBacklog[] }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const rows = [...backlog].sort((a, b) => order.indexOf(a.lane) - order.indexOf(b.lane))
  return (
    <Table
      label={t('gateways.backlog')}
      columns={columnsOf(t, language)}
      rows={rows}
      rowKey={({ lane }) => lane}
    />
  )
}

function columnsOf(t: TFunction, language: Language): Column<LaneBacklog>[] {
  const number = (key: 'batches' | 'samples', value: (row: LaneBacklog) => string): Column<LaneBacklog> => ({
    key,
    title: t(`gateways.${key}`),
    numeric: true,
    cell: value,
  })
  return [
    { key: 'lane', title: t('gateways.lane'), head: true, cell: ({ lane }) => t(`gateways.${lane}`) },
    number('batches', ({ batches }) => countText(batches, language)),
    number('samples', ({ samples }) => countText(samples, language)),
    {
      key: 'size',
      title: t('gateways.size'),
      numeric: true,
      cell: ({ bytes }) => bytesText(bytes, language),
    },
    { key: 'oldest', title: t('gateways.oldest'), cell: ({ oldestAt }) => <Oldest at={oldestAt} /> },
    {
      key: 'drain',
      title: t('gateways.drain'),
      numeric: true,
      cell: ({ drainPerS }) => t('gateways.perSecond', { rate: numberText(drainPerS, language, 1) }),
    },
  ]
}

function Oldest({ at }: { readonly at: string | undefined }) {
  return useEverySecond((now) => (at === undefined ? '–' : instantText(Date.parse(at), now)))
}
