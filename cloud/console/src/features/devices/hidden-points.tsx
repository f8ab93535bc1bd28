import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Alert, Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Device } from '#contract/api/devices.ts'
import { keys } from '../../api/queries.ts'
import { useMay } from '../../api/use-may.ts'
import { probeDevice, updateDevice } from '../commissioning/commissioning-api.ts'
import { ProbeTable } from '../commissioning/probe-table.tsx'
import { RequestProblem } from '../commissioning/problems.tsx'
import '../commissioning/commissioning.css'

/** Points of low confidence wait for somebody who compares them with the device's display. */
export function HiddenPoints({ device }: { readonly device: Device }) {
  const { t } = useTranslation()
  const mayCommission = useMay('devices.manage')
  const queries = useQueryClient()
  const [checked, setChecked] = useState<readonly string[]>([])
  const [gateway = '', id = ''] = device.id.split('/')
  const hidden = device.hidden ?? []
  const probe = useMutation({ mutationFn: () => probeDevice(gateway, { id }) })
  const save = useMutation({
    mutationFn: () =>
      updateDevice(gateway, id, { confirmed: [...confirmedNow(probe.data?.points, hidden), ...checked] }),
    onSuccess: async () => {
      probe.reset()
      setChecked([])
      await queries.invalidateQueries({ queryKey: [keys.devices] })
    },
  })
  if (hidden.length === 0 || device.removedAt !== undefined) return null
  const mayCheck = mayCommission && device.added
  const toCheck = probe.data?.points.filter(({ point }) => hidden.includes(point)) ?? []
  return (
    <>
      <Alert
        type="info"
        showIcon
        className="notice"
        title={t('commissioning.hidden', { count: hidden.length })}
        {...(mayCommission && !device.added ? { description: t('commissioning.toGatewayFile') } : {})}
        action={
          mayCheck ? (
            <Button size="small" onClick={() => probe.mutate()} loading={probe.isPending}>
              {t('commissioning.checkHidden')}
            </Button>
          ) : undefined
        }
      />
      <RequestProblem error={probe.error ?? save.error} />
      {probe.data !== undefined && (
        <>
          <ProbeTable probe={{ ...probe.data, points: toCheck }} confirmed={checked} onConfirm={setChecked} />
          <div className="progress-row">
            <Button
              type="primary"
              disabled={checked.length === 0}
              loading={save.isPending}
              onClick={() => save.mutate()}
            >
              {t('commissioning.saveChecked')}
            </Button>
          </div>
        </>
      )}
    </>
  )
}

type Seen = { readonly point: string; readonly lowConfidence: boolean }

/** What was checked before stays checked: the list is replaced as a whole. */
function confirmedNow(points: readonly Seen[] | undefined, hidden: readonly string[]): string[] {
  return (points ?? [])
    .filter(({ point, lowConfidence }) => lowConfidence && !hidden.includes(point))
    .map(({ point }) => point)
}
