import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Device } from '#contract/api/devices.ts'
import { keys } from '../../api/queries.ts'
import { useMay } from '../../api/use-may.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { removeDevice } from '../commissioning/commissioning-api.ts'
import { RequestProblem } from '../commissioning/problems.tsx'

export type RemoveDeviceProps = { readonly device: Device; readonly name: string }

/** Asks once, in words. The history stays, and adding it again takes it back. */
export function RemoveDevice({ device, name }: RemoveDeviceProps) {
  const { t } = useTranslation()
  const [isAsking, setAsking] = useState(false)
  const mayCommission = useMay('devices.manage')
  const queries = useQueryClient()
  const [gateway = '', id = ''] = device.id.split('/')
  const remove = useMutation({
    mutationFn: () => removeDevice(gateway, id),
    onSuccess: async () => {
      setAsking(false)
      await queries.invalidateQueries({ queryKey: [keys.devices] })
    },
  })
  if (!mayCommission || !device.added || device.removedAt !== undefined) return null
  return (
    <>
      <Button danger onClick={() => setAsking(true)}>
        {t('commissioning.remove')}
      </Button>
      {isAsking && (
        <Question
          name={name}
          no={() => setAsking(false)}
          yes={() => remove.mutate()}
          isBusy={remove.isPending}
        >
          <RequestProblem error={remove.error} />
        </Question>
      )}
    </>
  )
}

type QuestionProps = {
  readonly name: string
  readonly yes: () => void
  readonly no: () => void
  readonly isBusy: boolean
  readonly children: ReactNode
}

function Question({ name, yes, no, isBusy, children }: QuestionProps) {
  const { t } = useTranslation()
  return (
    <Dialog title={t('commissioning.removeTitle', { name })} onCancel={no}>
      <p>{t('commissioning.removeText')}</p>
      {children}
      <div className="confirm-buttons">
        <Button onClick={no}>{t('commissioning.keep')}</Button>
        <Button type="primary" danger onClick={yes} loading={isBusy}>
          {t('commissioning.removeConfirm')}
        </Button>
      </div>
    </Dialog>
  )
}
