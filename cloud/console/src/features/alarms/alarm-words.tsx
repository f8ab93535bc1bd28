import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Alarm } from '#contract/api/alarms.ts'
import { instantText } from '../../format/time.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { useEverySecond } from '../../live/use-point.ts'
import { pointTitle } from '../../points/point-value.tsx'
import { useValueWithUnit } from '../../points/use-words.ts'
import { PriorityMark } from '../../ui/marks.tsx'
import type { useInventory } from './use-inventory.ts'

export type Inventory = ReturnType<typeof useInventory>
export type AboutAlarm = { readonly alarm: Alarm; readonly inventory: Inventory }

/** An instant on the site's clock. */
export function At({ at }: { readonly at: string | undefined }) {
  const text = useEverySecond((now) => (at === undefined ? '–' : instantText(Date.parse(at), now)))
  return <span className="age">{text}</span>
}

/** The state in words, with who is at it or until when it is hidden. */
export function useStateWord(): (alarm: Alarm) => string {
  const { t } = useTranslation()
  const clock = useClock()
  return (alarm) => {
    const { life, overlay, shelf, ack, closed } = alarm
    if (overlay === 'shelved' && shelf !== undefined)
      return t('alarms.word.shelved', { until: clock(shelf.until), reason: shelf.reason })
    if (overlay !== undefined) return t(`alarms.overlay.${overlay}`)
    if (closed !== undefined)
      return t('alarms.word.closed', { outcome: t(`alarms.outcome.${closed.outcome}`) })
    if (life === 'acknowledged' && ack !== undefined)
      return t('alarms.word.handling', { who: ack.by.displayName })
    if (life === 'normal' && ack !== undefined)
      return t('alarms.word.handledNormal', { who: ack.by.displayName })
    return t(`alarms.life.${life}`)
  }
}

/** `22:41:07`, longer when it is not of today. */
export function useClock(): (at: string) => string {
  // Once a minute is enough: what changes is only whether the day is shown.
  const minute = useEverySecond((now) => Math.floor(now / 60_000))
  return (at) => instantText(Date.parse(at), minute * 60_000)
}

/** Filled: nobody has seen it; outline: somebody has; a sign beside it: over, put aside, hidden. */
export function StateMark({ alarm }: { readonly alarm: Alarm }) {
  return (
    <span className="alarm-mark" data-look={lookOf(alarm)}>
      <PriorityMark priority={alarm.priority} />
      <Sign name={signOf(alarm)} />
    </span>
  )
}

function lookOf({ life, overlay }: Alarm): 'filled' | 'outline' {
  return overlay === undefined && (life === 'unacknowledged' || life === 'latch-unacknowledged')
    ? 'filled'
    : 'outline'
}

type SignName = 'check' | 'clock' | 'slash' | 'latch' | undefined

function signOf({ life, overlay }: Alarm): SignName {
  if (overlay !== undefined) return overlay === 'shelved' ? 'clock' : 'slash'
  if (life === 'rtn-unacknowledged' || life === 'normal') return 'check'
  return life === 'latch-unacknowledged' || life === 'latch-acknowledged' ? 'latch' : undefined
}

const signs = {
  check: <path d="m2 6.5 3 3 5-6.5" />,
  clock: (
    <>
      <circle cx="6" cy="6" r="4.75" />
      <path d="M6 3v3.2l2 1.3" />
    </>
  ),
  slash: <path d="m2 10 8-8" />,
  latch: <path d="M3 6h6v4H3zM4 6V4a2 2 0 0 1 4 0v2" />,
} as const

function Sign({ name }: { readonly name: SignName }) {
  if (name === undefined) return null
  return (
    <svg className="alarm-sign" viewBox="0 0 12 12" aria-hidden="true">
      {signs[name]}
    </svg>
  )
}

/** Where it is, as people call it. */
export function usePlaceText({ alarm, inventory }: AboutAlarm): string {
  const language = useLanguage()
  const { device, point } = inventory(alarm.point)
  const [gateway = '', deviceName, ...rest] = alarm.point.split('/')
  if (deviceName === undefined) return gateway
  const name = rest.join('/')
  const title = point === undefined ? name : pointTitle(point, language)
  const place = device === undefined ? '' : localText(device.location, language, '')
  const where =
    device === undefined ? alarm.point : `${localText(device.title, language, deviceName)} · ${title}`
  return place === '' ? where : `${where} · ${place}`
}

/** Leads to the point, or to the gateway when it is about that. */
export function PlaceLink(props: AboutAlarm) {
  const text = usePlaceText(props)
  const [gateway = '', device, ...rest] = props.alarm.point.split('/')
  if (device === undefined)
    return (
      <Link to="/gateways/$gateway" params={{ gateway }}>
        {text}
      </Link>
    )
  return (
    <Link to="/points/$gateway/$device/$" params={{ gateway, device, _splat: rest.join('/') }}>
      {text}
    </Link>
  )
}

/** Why: the value and the limit that it crossed. */
export function useReasonText({ alarm, inventory }: AboutAlarm): string {
  const { t } = useTranslation()
  const valueText = useValueWithUnit()
  // Of a gateway itself only times are measured.
  const isGateway = alarm.point === alarm.gateway
  if (alarm.value === null) return ''
  const known = inventory(alarm.point).point ?? { id: alarm.point, unit: isGateway ? 's' : '1' }
  const value = valueText(known, alarm.value)
  return alarm.limit === undefined
    ? value
    : `${value} · ${t('alarms.limit', { limit: valueText(known, alarm.limit) })}`
}
