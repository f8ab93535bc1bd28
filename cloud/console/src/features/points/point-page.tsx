import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Device } from '#contract/api/devices.ts'
import { deviceQuery } from '../../api/queries.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { useTopics } from '../../live/use-point.ts'
import { pointTitle } from '../../points/point-value.tsx'
import { useSeed } from '../../points/use-points.ts'
import { Empty } from '../../ui/page-states.tsx'
import { QueryView } from '../../ui/query-view.tsx'
import { useTitle } from '../../ui/use-title.ts'
import { HistoryPanel } from './history-panel.tsx'
import { PointNow } from './point-now.tsx'

export function PointPage() {
  const { gateway, device, _splat: name = '' } = useParams({ from: '/shell/points/$gateway/$device/$' })
  const deviceId = `${gateway}/${device}`
  const id = `${deviceId}/${name}`
  const query = useQuery(deviceQuery(deviceId))
  useTopics([`points:${id}`])
  useSeed(query.data?.points)
  return (
    <QueryView query={query} missing={<MissingPoint />}>
      {(found) => <PointView key={id} device={found} id={id} />}
    </QueryView>
  )
}

function PointView({ device, id }: { readonly device: Device; readonly id: string }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const point = device.points.find((one) => one.id === id)
  const title = point === undefined ? t('point.missingTitle') : pointTitle(point, language)
  const [gateway = '', deviceName = ''] = device.id.split('/')
  const deviceTitle = localText(device.title, language, device.id)
  useTitle(`${title} · ${deviceTitle}`)
  return (
    <>
      <nav className="crumbs" aria-label={t('devices.title')}>
        <Link to="/devices" search={{}}>
          {t('devices.title')}
        </Link>
        <span aria-hidden="true">/</span>
        <Link to="/devices/$gateway/$device" params={{ gateway, device: deviceName }}>
          {deviceTitle}
        </Link>
      </nav>
      {point === undefined ? (
        <MissingPoint />
      ) : (
        <>
          <div className="page-head">
            <h1>{title}</h1>
            <span className="id">{id}</span>
          </div>
          <PointNow point={point} />
          <HistoryPanel point={point} />
        </>
      )}
    </>
  )
}

function MissingPoint() {
  const { t } = useTranslation()
  return (
    <Empty isPage title={t('point.missingTitle')} hint={t('point.missingHint')}>
      <Link to="/devices" search={{}}>
        {t('error.home')}
      </Link>
    </Empty>
  )
}
