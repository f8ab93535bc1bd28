import { Link } from '@tanstack/react-router'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { Device } from '#contract/api/devices.ts'
import { type Language, localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { DeviceStateMark } from '../../points/device-state-mark.tsx'
import { keyPoints } from '../../points/key-points.ts'
import { KeyValue } from '../../points/point-value.tsx'
import { useNewestAge } from '../../points/use-points.ts'
import { useAgeText } from '../../points/use-words.ts'
import { type Column, Table } from '../../ui/table.tsx'
import { categoryText } from './category.ts'

const keyPointCount = 3

export function DevicesTable({ devices }: { readonly devices: readonly Device[] }) {
  const { t } = useTranslation()
  const language = useLanguage()
  return (
    <Table
      label={t('devices.title')}
      columns={columnsOf(t, language)}
      rows={devices}
      rowKey={(device) => device.id}
    />
  )
}

function columnsOf(t: TFunction, language: Language): Column<Device>[] {
  return [
    {
      key: 'device',
      title: t('devices.device'),
      head: true,
      cell: (device) => <DeviceName device={device} />,
    },
    { key: 'state', title: t('devices.state'), cell: (device) => <DeviceStateMark device={device} /> },
    {
      key: 'values',
      title: t('devices.values'),
      wide: true,
      cell: (device) => <KeyValues device={device} />,
    },
    { key: 'last', title: t('devices.lastSeen'), cell: (device) => <LastSeen device={device} /> },
    { key: 'type', title: t('devices.type'), cell: (device) => categoryText(t, device.category) },
    {
      key: 'location',
      title: t('devices.location'),
      cell: ({ location }) =>
        location === undefined ? (
          <span className="muted">{t('devices.noLocation')}</span>
        ) : (
          localText(location, language, '')
        ),
    },
  ]
}

function DeviceName({ device }: { readonly device: Device }) {
  const language = useLanguage()
  const [gateway = '', id = ''] = device.id.split('/')
  return (
    <>
      <Link to="/devices/$gateway/$device" params={{ gateway, device: id }} className="row-link">
        {localText(device.title, language, id)}
      </Link>
      <span className="id">{device.id}</span>
    </>
  )
}

function KeyValues({ device }: { readonly device: Device }) {
  return (
    <span className="key-values">
      {keyPoints(device.points, keyPointCount).map((point) => (
        <KeyValue key={point.id} point={point} />
      ))}
    </span>
  )
}

function LastSeen({ device }: { readonly device: Device }) {
  const ageText = useAgeText()
  return <span className="age">{useNewestAge(device.points, ageText)}</span>
}
