import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { Alert, Button } from 'antd'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { Rollout, RolloutGateway } from '#contract/api/configuration.ts'
import { useMay } from '../../api/use-may.ts'
import { dateTimeText } from '../../format/time.ts'
import { Fact, Facts } from '../../ui/facts.tsx'
import { Mark, type MarkName } from '../../ui/marks.tsx'
import { Empty, useErrorText } from '../../ui/page-states.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { useTitle } from '../../ui/use-title.ts'
import { moveRollout, type RolloutAction, rolloutQuery } from './config-api.ts'
import { textOfValue } from './value-text.ts'
import './configuration.css'

/** How far a roll-out has come, gateway by gateway. */
export function RolloutPage() {
  const { t } = useTranslation()
  const { rollout } = useParams({ from: '/shell/rollouts/$rollout' })
  const query = useQuery(rolloutQuery(rollout))
  useTitle(t('rollouts.one'))
  return (
    <>
      <nav className="crumbs" aria-label={t('rollouts.title')}>
        <Link to="/rollouts">{t('rollouts.title')}</Link>
      </nav>
      <QueryView
        query={query}
        missing={<Empty isPage title={t('error.notFoundTitle')} hint={t('error.notFoundHint')} />}
      >
        {(found) => <RolloutView rollout={found} />}
      </QueryView>
    </>
  )
}

function RolloutView({ rollout }: { readonly rollout: Rollout }) {
  const { t } = useTranslation()
  const { comment, state, reason, total, running, failed, gateways, change, at, by, stages } = rollout
  const mayChange = useMay('gateways.manage')
  return (
    <>
      <div className="page-head">
        <h1>{comment === '' ? t('rollouts.one') : comment}</h1>
        <span role="status">{t(`rollouts.state.${state}`)}</span>
        {mayChange && <Actions rollout={rollout} />}
      </div>
      {state === 'stopped' && (
        <Alert
          type="error"
          showIcon
          className="notice"
          title={t('rollouts.stoppedBy', { reason: reason ?? '' })}
        />
      )}
      <progress className="config-progress" max={total} value={running} aria-label={t('rollouts.progress')} />
      <Facts>
        <Fact name={t('rollouts.progress')}>{t('rollouts.progressText', { running, failed, total })}</Fact>
        <Fact name={t('rollouts.stages')}>{stages.join(' → ')}</Fact>
        <Fact name={t('configuration.by')}>{`${by.displayName} · ${dateTimeText(Date.parse(at))}`}</Fact>
      </Facts>
      <h2>{t('rollouts.change')}</h2>
      <pre className="config-value panel padded">{textOfValue(change)}</pre>
      <h2>{t('rollouts.gateways')}</h2>
      <Table
        label={t('rollouts.gateways')}
        columns={columnsOf(t)}
        rows={gateways}
        rowKey={({ gateway }) => gateway}
      />
    </>
  )
}

const moves: Readonly<Record<Rollout['state'], readonly RolloutAction[]>> = {
  running: ['pause', 'abort'],
  paused: ['resume', 'abort'],
  stopped: ['resume', 'abort'],
  done: [],
  aborted: [],
}

function Actions({ rollout: { id, state } }: { readonly rollout: Rollout }) {
  const { t } = useTranslation()
  const errorText = useErrorText()
  const queries = useQueryClient()
  const move = useMutation({
    mutationFn: (action: RolloutAction) => moveRollout(id, action),
    onSuccess: (next) => queries.setQueryData(rolloutQuery(id).queryKey, next),
  })
  return (
    <span className="config-actions">
      {moves[state].map((action) => (
        <Button
          key={action}
          danger={action === 'abort'}
          loading={move.isPending && move.variables === action}
          onClick={() => move.mutate(action)}
        >
          {t(`rollouts.${action}`)}
        </Button>
      ))}
      {move.error !== null && <span role="alert">{errorText(move.error)}</span>}
    </span>
  )
}

const marks: Readonly<Record<RolloutGateway['state'], MarkName>> = {
  waiting: 'none',
  sent: 'none',
  running: 'normal',
  refused: 'bad',
  'rolled-back': 'bad',
  lost: 'offline',
  overtaken: 'removed',
}

function columnsOf(t: TFunction): Column<RolloutGateway>[] {
  return [
    {
      key: 'gateway',
      title: t('nav.gateways'),
      head: true,
      cell: ({ gateway }) => (
        <Link to="/gateways/$gateway/config" params={{ gateway }} className="row-link">
          {gateway}
        </Link>
      ),
    },
    { key: 'stage', title: t('rollouts.stage'), cell: ({ stage }) => `${stage}` },
    {
      key: 'state',
      title: t('rollouts.stateTitle'),
      cell: ({ state }) => (
        <span className="state">
          <Mark name={marks[state]} />
          {t(`rollouts.gatewayState.${state}`)}
        </span>
      ),
    },
    { key: 'version', title: t('configuration.version'), cell: ({ version }) => `${version ?? '–'}` },
    {
      key: 'at',
      title: t('configuration.at'),
      cell: ({ at }) => (at === undefined ? '–' : dateTimeText(Date.parse(at))),
    },
    {
      key: 'reason',
      title: t('rollouts.reason'),
      cell: ({ reason }) => (reason === undefined ? '–' : <span lang="en">{reason}</span>),
    },
  ]
}
