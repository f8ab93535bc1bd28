import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import type { DeviceProposal } from '#contract/request.ts'
import { instantText } from '../../format/time.ts'
import { useEverySecond } from '../../live/use-point.ts'
import { Empty } from '../../ui/page-states.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { proposalsQuery } from './commissioning-api.ts'

export type ProposalsPanelProps = {
  readonly gateway: string
  readonly onChoose: (proposal: DeviceProposal) => void
}

/** Devices that announced themselves. Nothing is added without a person. */
export function ProposalsPanel({ gateway, onChoose }: ProposalsPanelProps) {
  const { t } = useTranslation()
  const query = useQuery(proposalsQuery(gateway))
  const columns = useColumns(onChoose)
  return (
    <>
      <div className="progress-row">
        <span className="muted">{t('commissioning.discoveryIntro')}</span>
        <Button onClick={() => void query.refetch()} loading={query.isFetching}>
          {t('commissioning.lookAgain')}
        </Button>
      </div>
      <QueryView query={query} skeletonRows={3}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t('commissioning.noProposalTitle')} hint={t('commissioning.noProposalHint')} />
          ) : (
            <Table
              label={t('commissioning.discovered')}
              columns={columns}
              rows={items}
              rowKey={({ protocol, key }) => `${protocol} ${key}`}
            />
          )
        }
      </QueryView>
    </>
  )
}

function useColumns(choose: (proposal: DeviceProposal) => void): Column<DeviceProposal>[] {
  const { t } = useTranslation()
  return [
    { key: 'name', title: t('commissioning.name'), head: true, cell: ({ name }) => name },
    { key: 'model', title: t('device.model'), cell: ({ model }) => model ?? '–' },
    {
      key: 'protocol',
      title: t('commissioning.protocol'),
      cell: ({ protocol }) => t(`commissioning.${protocol}`),
    },
    {
      key: 'source',
      title: t('commissioning.source'),
      cell: ({ source }) => <span className="muted">{source ?? '–'}</span>,
    },
    {
      key: 'profile',
      title: t('device.profile'),
      cell: ({ profile }) => profile ?? <span className="muted">{t('commissioning.chooseYourself')}</span>,
    },
    { key: 'seen', title: t('devices.lastSeen'), cell: ({ seenAt }) => <Seen at={seenAt} /> },
    {
      key: 'choose',
      title: t('commissioning.action'),
      cell: (proposal) => (
        <Button
          size="small"
          onClick={() => choose(proposal)}
          aria-label={t('commissioning.chooseNamed', { name: proposal.name })}
        >
          {t('commissioning.choose')}
        </Button>
      ),
    },
  ]
}

function Seen({ at }: { readonly at: number }) {
  return useEverySecond((now) => instantText(at, now))
}
