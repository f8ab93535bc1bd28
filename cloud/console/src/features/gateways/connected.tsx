import { useTranslation } from 'react-i18next'
import type { Gateway } from '#contract/api/gateways.ts'
import { instantText } from '../../format/time.ts'
import { useEverySecond } from '../../live/use-point.ts'
import { Mark } from '../../ui/marks.tsx'

/** Connected and since when, or not and since when not. */
export function Connected({ gateway }: { readonly gateway: Gateway }) {
  const { t } = useTranslation()
  const { connected, connectedAt, lastSeenAt } = gateway
  const at = connected ? connectedAt : lastSeenAt
  const time = useEverySecond((now) => (at === undefined ? '' : instantText(Date.parse(at), now)))
  const state = connected ? 'normal' : at === undefined ? 'none' : 'offline'
  const word = {
    normal: t('gateways.connected'),
    offline: t('gateways.notConnected'),
    none: t('gateways.never'),
  }
  const since = connected ? t('gateways.since', { time }) : t('gateways.sinceLast', { time })
  return (
    <span className={`state state-${state}`} data-state={state}>
      <Mark name={state} />
      <span>{word[state]}</span>
      {time !== '' && <span className="muted">{since}</span>}
    </span>
  )
}
