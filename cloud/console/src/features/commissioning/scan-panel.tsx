import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Scan } from '#contract/api/commissioning.ts'
import type { BusInfo, ScannedUnit } from '#contract/request.ts'
import { Empty } from '../../ui/page-states.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { cancelScan, scanQuery, startScan } from './commissioning-api.ts'
import { ChoiceField, TextField } from './form-field.tsx'
import { problemAt, RequestProblem } from './problems.tsx'

export type ScanPanelProps = {
  readonly gateway: string
  readonly buses: readonly BusInfo[]
  readonly onChoose: (bus: string, unit: number) => void
}

/** Asks unit after unit of one line who is there; polls go on meanwhile. */
export function ScanPanel({ gateway, buses, onChoose }: ScanPanelProps) {
  const { t } = useTranslation()
  const [bus, setBus] = useState(buses[0]?.id ?? '')
  const [first, setFirst] = useState('1')
  const [last, setLast] = useState('32')
  const begin = useMutation({
    mutationFn: () => startScan(gateway, { bus, first: Number(first), last: Number(last) }),
  })
  const isRunning = begin.isPending
  if (buses.length === 0) {
    return <Empty title={t('commissioning.noBusTitle')} hint={t('commissioning.noBusHint')} />
  }
  return (
    <>
      <form
        className="form-row"
        onSubmit={(event) => {
          event.preventDefault()
          begin.mutate()
        }}
        noValidate
      >
        <ChoiceField
          label={t('commissioning.bus')}
          value={bus}
          onChange={setBus}
          options={buses.map(({ id, address }) => ({ value: id, label: `${id} · ${address}` }))}
        />
        <TextField
          label={t('commissioning.firstUnit')}
          inputMode="numeric"
          value={first}
          onChange={setFirst}
          problem={problemAt(begin.error, 'body/first')}
        />
        <TextField
          label={t('commissioning.lastUnit')}
          inputMode="numeric"
          value={last}
          onChange={setLast}
          problem={problemAt(begin.error, 'body/last') ?? problemAt(begin.error, 'last')}
        />
        <Button type="primary" htmlType="submit" loading={isRunning}>
          {t('commissioning.scan')}
        </Button>
      </form>
      <RequestProblem error={begin.error} />
      {begin.data !== undefined && (
        <ScanProgress key={begin.data.id} gateway={gateway} started={begin.data} onChoose={onChoose} />
      )}
    </>
  )
}

type ScanProgressProps = Omit<ScanPanelProps, 'buses'> & { readonly started: Scan }

function ScanProgress({ gateway, started, onChoose }: ScanProgressProps) {
  const { t } = useTranslation()
  const query = useQuery({ ...scanQuery(gateway, started.id), initialData: started })
  const cancel = useMutation({ mutationFn: () => cancelScan(gateway, started.id) })
  const scan = query.data
  const there = scan.units.filter(({ answered }) => answered)
  return (
    <>
      <div className="progress-row">
        <progress value={scan.done} max={scan.total} aria-label={t('commissioning.progress')} />
        <span role="status">
          {t(`commissioning.scan_${scan.state}`, { done: scan.done, total: scan.total, found: there.length })}
        </span>
        {scan.state === 'running' && (
          <Button onClick={() => cancel.mutate()} loading={cancel.isPending}>
            {t('commissioning.cancel')}
          </Button>
        )}
      </div>
      {scan.problem !== undefined && <p className="field-problem">{scan.problem.message}</p>}
      <RequestProblem error={query.error ?? cancel.error} />
      {there.length > 0 && (
        <Table
          label={t('commissioning.found')}
          columns={useColumns(gateway, (unit) => onChoose(scan.bus, unit))}
          rows={there}
          rowKey={({ unit }) => String(unit)}
        />
      )}
      {there.length === 0 && scan.state !== 'running' && (
        <Empty title={t('commissioning.nobodyTitle')} hint={t('commissioning.nobodyHint')} />
      )}
    </>
  )
}

function useColumns(gateway: string, choose: (unit: number) => void): Column<ScannedUnit>[] {
  const { t } = useTranslation()
  return [
    { key: 'unit', title: t('commissioning.unit'), head: true, cell: ({ unit }) => unit },
    {
      key: 'text',
      title: t('commissioning.said'),
      cell: ({ text }) => <span className="muted">{text ?? '–'}</span>,
    },
    {
      key: 'device',
      title: t('commissioning.configured'),
      cell: ({ device }) =>
        device === undefined ? (
          t('commissioning.isNew')
        ) : (
          <Link to="/devices/$gateway/$device" params={{ gateway, device }}>
            {device}
          </Link>
        ),
    },
    {
      key: 'choose',
      title: t('commissioning.action'),
      cell: ({ unit }) => (
        <Button
          size="small"
          onClick={() => choose(unit)}
          aria-label={t('commissioning.chooseUnit', { unit })}
        >
          {t('commissioning.choose')}
        </Button>
      ),
    },
  ]
}
