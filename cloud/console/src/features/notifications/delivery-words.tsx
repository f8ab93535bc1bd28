import { useTranslation } from 'react-i18next'
import type { Delivery, LastDelivery } from '#contract/api/notifications.ts'
import type { DeliveryState } from '#contract/notice.ts'
import { dateTimeText } from '../../format/time.ts'

const tones: Readonly<Record<DeliveryState, string>> = {
  queued: 'tone-waiting',
  sent: 'tone-good',
  failed: 'tone-bad',
  suppressed: 'muted',
}

type Ended = Pick<LastDelivery, 'state' | 'reason' | 'detail'> & { readonly inDigest?: boolean }

/** How a delivery ended, why, and what the other side said. */
export function Outcome({
  outcome: { state, reason, detail, inDigest = false },
}: {
  readonly outcome: Ended
}) {
  const { t } = useTranslation()
  return (
    <>
      <span className={tones[state]}>{t(`notifications.state.${state}`)}</span>
      {reason !== undefined && <span className="small"> {t(`notifications.reason.${reason}`)}</span>}
      {inDigest && <span className="small muted"> {t('notifications.inDigest')}</span>}
      {detail !== undefined && <span className="id">{detail}</span>}
    </>
  )
}

export function Last({ last }: { readonly last: LastDelivery | undefined }) {
  const { t } = useTranslation()
  if (last === undefined) return <span className="muted">{t('notifications.never')}</span>
  return (
    <>
      <Outcome outcome={last} />
      <span className="id">{dateTimeText(Date.parse(last.at))}</span>
    </>
  )
}

/** What became of a test, one line for each way. */
export function TestOutcome({ deliveries }: { readonly deliveries: readonly Delivery[] }) {
  const { t } = useTranslation()
  return (
    <div role="status">
      <ul className="test-outcome">
        {deliveries.map((delivery) => (
          <li key={delivery.id}>
            {delivery.channel === 'none' ? '' : `${t(`notifications.kind.${delivery.channel as 'push'}`)} `}
            <Outcome outcome={delivery} />
          </li>
        ))}
      </ul>
    </div>
  )
}
