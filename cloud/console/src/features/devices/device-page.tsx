import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { Alert } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Device } from '#contract/api/devices.ts'
import { deviceQuery } from '../../api/queries.ts'
import { useMay } from '../../api/use-may.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { useTopics } from '../../live/use-point.ts'
import { DeviceStateMark } from '../../points/device-state-mark.tsx'
import { useSeed } from '../../points/use-points.ts'
import { Empty } from '../../ui/page-states.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { useTitle } from '../../ui/use-title.ts'
import { DeviceControls } from '../commands/device-controls.tsx'
import { DeviceErrors } from './device-errors.tsx'
import { DeviceFacts } from './device-facts.tsx'
import { HiddenPoints } from './hidden-points.tsx'
import { LinkHistory } from './link-history.tsx'
import { PointsTable } from './points-table.tsx'
import { RemoveDevice } from './remove-device.tsx'

export function DevicePage() {
  const { t } = useTranslation()
  const { gateway, device } = useParams({ from: '/shell/devices/$gateway/$device' })
  const id = `${gateway}/${device}`
  const query = useQuery(deviceQuery(id))
  useTopics([`points:${id}`])
  useSeed(query.data?.points)
  return (
    <>
      <nav className="crumbs" aria-label={t('devices.title')}>
        <Link to="/devices" search={{}}>
          {t('devices.title')}
        </Link>
      </nav>
      <QueryView query={query} missing={<MissingDevice />}>
        {(found) => <DeviceView device={found} />}
      </QueryView>
    </>
  )
}

function DeviceView({ device }: { readonly device: Device }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const mayCommission = useMay('devices.manage')
  const title = localText(device.title, language, device.id)
  useTitle(title)
  return (
    <>
      <div className="page-head">
        <h1>{title}</h1>
        <DeviceStateMark device={device} />
        <RemoveDevice device={device} name={title} />
      </div>
      {device.removedAt !== undefined && (
        <Alert
          type="info"
          showIcon
          className="notice"
          title={t('device.removed')}
          {...(mayCommission ? { action: <AddAgain gateway={device.gateway} /> } : {})}
        />
      )}
      <DeviceFacts device={device} />
      <DeviceControls device={device} />
      <h2>{t('device.points')}</h2>
      {device.points.length === 0 ? (
        <Empty title={t('device.noPointsTitle')} hint={t('device.noPointsHint')} />
      ) : (
        <PointsTable points={device.points} />
      )}
      <HiddenPoints device={device} />
      <DeviceErrors device={device} />
      <LinkHistory device={device.id} />
    </>
  )
}

function AddAgain({ gateway }: { readonly gateway: string }) {
  const { t } = useTranslation()
  return (
    <Link to="/devices/add" search={{ gateway }}>
      {t('commissioning.addAgain')}
    </Link>
  )
}

function MissingDevice() {
  const { t } = useTranslation()
  return (
    <Empty isPage title={t('device.missingTitle')} hint={t('device.missingHint')}>
      <Link to="/devices" search={{}}>
        {t('error.home')}
      </Link>
    </Empty>
  )
}
