import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Enrolment, EnrolmentToken } from '#contract/api/enrolment.ts'
import type { Gateway } from '#contract/api/gateways.ts'
import { keys } from '../../api/queries.ts'
import { useMay } from '../../api/use-may.ts'
import { dateTimeText, instantText } from '../../format/time.ts'
import { useEverySecond } from '../../live/use-point.ts'
import { Fact, Facts } from '../../ui/facts.tsx'
import { Mark } from '../../ui/marks.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { RequestProblem } from '../commissioning/problems.tsx'
import { enrolmentQuery, makeToken } from './enrolment-api.ts'
import { RevokeGateway } from './revoke-gateway.tsx'
import { TokenPanel } from './token-panel.tsx'

export type EnrolmentSectionProps = { readonly gateway: Gateway; readonly name: string }

/** How a gateway proves who it is, until when, and what may be done about it. */
export function EnrolmentSection({ gateway, name }: EnrolmentSectionProps) {
  const { t } = useTranslation()
  const query = useQuery(enrolmentQuery(gateway.id, gateway.connected))
  const mayManage = useMay('gateways.manage')
  return (
    <section aria-label={t('enrolment.title')}>
      <h2>{t('enrolment.title')}</h2>
      <QueryView query={query} skeletonRows={2}>
        {(enrolment) => <Shown enrolment={enrolment} />}
      </QueryView>
      {mayManage && <Actions id={gateway.id} name={name} />}
    </section>
  )
}

const marks = {
  token: 'normal',
  enrolled: 'normal',
  waiting: 'none',
  lapsed: 'stale',
  expired: 'stale',
  revoked: 'offline',
} as const

function Shown({ enrolment }: { readonly enrolment: Enrolment }) {
  const { t } = useTranslation()
  const { state, certificate, token } = enrolment
  const mark = marks[state]
  return (
    <Facts>
      <Fact name={t('enrolment.state')}>
        <span className={`state state-${mark}`} data-enrolment={state}>
          <Mark name={mark} />
          <span>{t(`enrolment.states.${state}`)}</span>
        </span>
      </Fact>
      {state === 'waiting' && token !== undefined && (
        <Fact name={t('enrolment.tokenUntil')}>{dateTimeText(Date.parse(token.expiresAt))}</Fact>
      )}
      {certificate !== undefined && (
        <>
          <Fact name={t('enrolment.validUntil')}>{dateTimeText(Date.parse(certificate.validUntil))}</Fact>
          <Fact name={certificate.renewed ? t('enrolment.renewedAt') : t('enrolment.issuedAt')}>
            <Time at={certificate.issuedAt} />
          </Fact>
          <Fact name={t('enrolment.usedAt')}>
            <Time at={certificate.usedAt} />
          </Fact>
          <Fact name={t('enrolment.serial')}>
            <code className="serial">{certificate.serial}</code>
          </Fact>
        </>
      )}
    </Facts>
  )
}

function Time({ at }: { readonly at: string | undefined }) {
  return useEverySecond((now) => (at === undefined ? '–' : instantText(Date.parse(at), now)))
}

function Actions({ id, name }: { readonly id: string; readonly name: string }) {
  const { t } = useTranslation()
  const [token, setToken] = useState<EnrolmentToken>()
  const queries = useQueryClient()
  const make = useMutation({
    mutationFn: () => makeToken(id),
    onSuccess: async (made) => {
      setToken(made)
      await queries.invalidateQueries({ queryKey: [keys.gateways, 'enrolment', id] })
    },
  })
  if (token !== undefined) return <TokenPanel token={token} onClose={() => setToken(undefined)} />
  return (
    <>
      <RequestProblem error={make.error} />
      <div className="progress-row">
        <Button onClick={() => make.mutate()} loading={make.isPending}>
          {t('enrolment.newToken')}
        </Button>
        <RevokeGateway id={id} name={name} />
      </div>
    </>
  )
}
