import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { keys } from '../../api/queries.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { RequestProblem } from '../commissioning/problems.tsx'
import { revokeGateway } from './enrolment-api.ts'

/** Asks once, in words: the gateway has to be visited to come back. */
export function RevokeGateway({ id, name }: { readonly id: string; readonly name: string }) {
  const { t } = useTranslation()
  const [isAsking, setAsking] = useState(false)
  const queries = useQueryClient()
  const revoke = useMutation({
    mutationFn: () => revokeGateway(id),
    onSuccess: async () => {
      setAsking(false)
      await queries.invalidateQueries({ queryKey: [keys.gateways] })
    },
  })
  return (
    <>
      <Button danger onClick={() => setAsking(true)}>
        {t('enrolment.revoke')}
      </Button>
      {isAsking && (
        <Dialog title={t('enrolment.revokeTitle', { name })} onCancel={() => setAsking(false)}>
          <p>{t('enrolment.revokeText')}</p>
          <RequestProblem error={revoke.error} />
          <div className="confirm-buttons">
            <Button onClick={() => setAsking(false)}>{t('enrolment.keep')}</Button>
            <Button type="primary" danger onClick={() => revoke.mutate()} loading={revoke.isPending}>
              {t('enrolment.revokeConfirm')}
            </Button>
          </div>
        </Dialog>
      )}
    </>
  )
}
