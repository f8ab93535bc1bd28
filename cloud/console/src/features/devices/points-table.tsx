import { Link } from '@tanstack/react-router'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { Point } from '#contract/api/points.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { PointAge, PointQuality, PointValue, pointTitle } from '../../points/point-value.tsx'
import { nameInDevice } from '../../points/words.ts'
import { type Column, Table } from '../../ui/table.tsx'

export function PointsTable({ points }: { readonly points: readonly Point[] }) {
  const { t } = useTranslation()
  return (
    <Table label={t('device.points')} columns={columnsOf(t)} rows={points} rowKey={(point) => point.id} />
  )
}

function columnsOf(t: TFunction): Column<Point>[] {
  return [
    { key: 'point', title: t('device.point'), head: true, cell: (point) => <PointName point={point} /> },
    { key: 'value', title: t('device.value'), numeric: true, cell: (point) => <PointValue point={point} /> },
    { key: 'quality', title: t('quality.label'), cell: (point) => <PointQuality point={point} /> },
    { key: 'age', title: t('devices.lastSeen'), cell: (point) => <PointAge point={point} /> },
    { key: 'kind', title: t('device.kind'), cell: (point) => <PointKind point={point} /> },
  ]
}

function PointName({ point }: { readonly point: Point }) {
  const language = useLanguage()
  const [gateway = '', device = ''] = point.id.split('/')
  const name = nameInDevice(point.id)
  return (
    <>
      <Link to="/points/$gateway/$device/$" params={{ gateway, device, _splat: name }} className="row-link">
        {pointTitle(point, language)}
      </Link>
      <span className="id">{name}</span>
    </>
  )
}

function PointKind({ point }: { readonly point: Point }) {
  const { t } = useTranslation()
  return (
    <>
      {t(`kind.${point.kind}`)}
      {point.writable !== undefined && <span className="muted"> · {t('device.writable')}</span>}
      {point.removedAt !== undefined && <span className="muted"> · {t('state.removed')}</span>}
    </>
  )
}
