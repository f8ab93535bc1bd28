import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ConfigVersion, GatewayConfiguration } from '#contract/api/configuration.ts'
import { diffContent } from '#contract/config-diff.ts'
import { dateTimeText } from '../../format/time.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Failure, Loading, useErrorText } from '../../ui/page-states.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { ChangesTable } from './changes-table.tsx'
import { configKey, problemsOf, rollBackConfig, storedConfigQuery } from './config-api.ts'
import { ProblemsList } from './problems-list.tsx'

export type ConfigHistoryProps = { readonly configuration: GatewayConfiguration; readonly mayChange: boolean }

/** Who changed what when, and the way back. */
export function ConfigHistory({ configuration, mayChange }: ConfigHistoryProps) {
  const { t } = useTranslation()
  const [chosen, choose] = useState<number>()
  const { history, version: newest } = configuration
  if (history.length === 0) return <p className="muted">{t('configuration.noHistory')}</p>
  const columns: Column<ConfigVersion>[] = [
    { key: 'version', title: t('configuration.version'), head: true, cell: ({ version }) => `${version}` },
    { key: 'at', title: t('configuration.at'), cell: ({ at }) => dateTimeText(Date.parse(at)) },
    { key: 'by', title: t('configuration.by'), cell: ({ by }) => by.displayName },
    { key: 'comment', title: t('configuration.comment'), cell: (row) => <Why row={row} /> },
    {
      key: 'back',
      title: t('configuration.action'),
      cell: ({ version }) =>
        mayChange && version !== newest ? (
          <Button size="small" onClick={() => choose(version)}>
            {t('configuration.rollBackTo', { version })}
          </Button>
        ) : (
          '–'
        ),
    },
  ]
  return (
    <>
      <Table
        label={t('configuration.history')}
        columns={columns}
        rows={history}
        rowKey={({ version }) => `${version}`}
      />
      {chosen !== undefined && (
        <RollBack configuration={configuration} to={chosen} onClose={() => choose(undefined)} />
      )}
    </>
  )
}

function Why({ row }: { readonly row: ConfigVersion }) {
  const { t } = useTranslation()
  const { comment, rollbackOf, rollout } = row
  return (
    <>
      {comment !== '' && <span>{comment}</span>}
      {rollbackOf !== undefined && (
        <span className="id">{t('configuration.rollbackOf', { version: rollbackOf })}</span>
      )}
      {rollout !== undefined && (
        <Link to="/rollouts/$rollout" params={{ rollout }}>
          {t('rollouts.one')}
        </Link>
      )}
      {comment === '' && rollbackOf === undefined && rollout === undefined && '–'}
    </>
  )
}

type RollBackProps = {
  readonly configuration: GatewayConfiguration
  readonly to: number
  readonly onClose: () => void
}

function RollBack({ configuration, to, onClose }: RollBackProps) {
  const { t } = useTranslation()
  const errorText = useErrorText()
  const { gateway, content } = configuration
  const queries = useQueryClient()
  const stored = useQuery(storedConfigQuery(gateway, to))
  const back = useMutation({
    mutationFn: () => rollBackConfig(gateway, { to }),
    onSuccess: (next) => {
      queries.setQueryData(configKey(gateway), next)
      onClose()
    },
  })
  const problems = problemsOf(back.error)
  const title = t('configuration.rollBackTo', { version: to })
  return (
    <Dialog title={title} onCancel={onClose}>
      {stored.data === undefined && stored.error === null && <Loading rows={3} />}
      {stored.error !== null && <Failure error={stored.error} retry={() => void stored.refetch()} />}
      {stored.data !== undefined && (
        <div className="config-dialog">
          <ChangesTable
            changes={diffContent(content, stored.data.content)}
            label={t('configuration.changes')}
          />
        </div>
      )}
      {problems.length > 0 && <ProblemsList problems={problems} title={t('configuration.notRolledBack')} />}
      {back.error !== null && problems.length === 0 && <p role="alert">{errorText(back.error)}</p>}
      <div className="confirm-buttons">
        <Button onClick={onClose}>{t('configuration.cancel')}</Button>
        <Button
          type="primary"
          loading={back.isPending}
          disabled={stored.data === undefined}
          onClick={() => back.mutate()}
        >
          {title}
        </Button>
      </div>
    </Dialog>
  )
}
