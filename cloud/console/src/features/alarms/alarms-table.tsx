import { Link } from '@tanstack/react-router'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { Alarm } from '#contract/api/alarms.ts'
import { instantText } from '../../format/time.ts'
import { type Language, localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { useEverySecond } from '../../live/use-point.ts'
import { pointTitle } from '../../points/point-value.tsx'
import { useValueWithUnit } from '../../points/use-words.ts'
import { PriorityMark } from '../../ui/marks.tsx'
import { type Column, Table } from '../../ui/table.tsx'
import { useInventory } from './use-inventory.ts'

export function AlarmsTable({ alarms }: { readonly alarms: readonly Alarm[] }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const inventory = useInventory(alarms)
  return (
    <Table
      label={t('alarms.title')}
      columns={columnsOf(t, language, inventory)}
      rows={alarms}
      rowKey={({ id }) => id}
    />
  )
}

type Inventory = ReturnType<typeof useInventory>

function columnsOf(t: TFunction, language: Language, inventory: Inventory): Column<Alarm>[] {
  return [
    {
      key: 'what',
      title: t('alarms.what'),
      head: true,
      cell: ({ title, rule }) => <strong>{localText(title, language, rule)}</strong>,
    },
    { key: 'priority', title: t('alarms.priority'), cell: (alarm) => <Priority alarm={alarm} /> },
    { key: 'state', title: t('alarms.state'), cell: (alarm) => <AlarmState alarm={alarm} /> },
    {
      key: 'where',
      title: t('alarms.where'),
      cell: (alarm) => <Where alarm={alarm} inventory={inventory} />,
    },
    {
      key: 'value',
      title: t('alarms.value'),
      numeric: true,
      cell: (alarm) => <Cause alarm={alarm} inventory={inventory} />,
    },
    { key: 'raised', title: t('alarms.raisedAt'), cell: ({ raisedAt }) => <Instant at={raisedAt} /> },
    { key: 'cleared', title: t('alarms.clearedAt'), cell: ({ clearedAt }) => <Instant at={clearedAt} /> },
  ]
}

function Priority({ alarm: { priority } }: { readonly alarm: Alarm }) {
  const { t } = useTranslation()
  return (
    <span className="state">
      <PriorityMark priority={priority} />
      <span>{t(`alarms.priorityName.${priority}`)}</span>
    </span>
  )
}

function AlarmState({ alarm: { state } }: { readonly alarm: Alarm }) {
  const { t } = useTranslation()
  return <span className={state === 'cleared' ? 'muted' : ''}>{t(`alarms.${state}`)}</span>
}

type CellProps = { readonly alarm: Alarm; readonly inventory: Inventory }

function Where({ alarm, inventory }: CellProps) {
  const language = useLanguage()
  const { device, point } = inventory(alarm.point)
  const [gateway = '', deviceName, ...rest] = alarm.point.split('/')
  if (deviceName === undefined) {
    return (
      <Link to="/gateways/$gateway" params={{ gateway }} className="row-link">
        {gateway}
      </Link>
    )
  }
  const name = rest.join('/')
  const title = point === undefined ? name : pointTitle(point, language)
  const place = device === undefined ? '' : localText(device.location, language, '')
  return (
    <>
      <Link
        to="/points/$gateway/$device/$"
        params={{ gateway, device: deviceName, _splat: name }}
        className="row-link"
      >
        {device === undefined ? alarm.point : `${localText(device.title, language, deviceName)} · ${title}`}
      </Link>
      {place !== '' && <span className="id">{place}</span>}
    </>
  )
}

/** The value that raised the alarm and the limit it crossed. */
function Cause({ alarm, inventory }: CellProps) {
  const { t } = useTranslation()
  const valueText = useValueWithUnit()
  // Of a gateway itself only times are measured.
  const isGateway = alarm.point === alarm.gateway
  if (isGateway && alarm.value === null) return '–'
  const known = inventory(alarm.point).point ?? { id: alarm.point, unit: isGateway ? 's' : '1' }
  return (
    <>
      {valueText(known, alarm.value)}
      {alarm.limit !== undefined && (
        <span className="id">{t('alarms.limit', { limit: valueText(known, alarm.limit) })}</span>
      )}
    </>
  )
}

function Instant({ at }: { readonly at: string | undefined }) {
  const text = useEverySecond((now) => (at === undefined ? '–' : instantText(Date.parse(at), now)))
  return <span className="age">{text}</span>
}
