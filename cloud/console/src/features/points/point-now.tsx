import { useTranslation } from 'react-i18next'
import type { Point } from '#contract/api/points.ts'
import { instantText } from '../../format/time.ts'
import { useEverySecond, usePoint } from '../../live/use-point.ts'
import { PointAge, PointQuality, PointValue } from '../../points/point-value.tsx'
import { Fact, Facts } from '../../ui/facts.tsx'

export function PointNow({ point }: { readonly point: Point }) {
  const { t } = useTranslation()
  const sample = usePoint(point.id)
  const measured = useEverySecond((now) => (sample === undefined ? '–' : instantText(sample.t, now)))
  return (
    <Facts>
      <Fact name={t('point.now')}>
        <span className="big-value">
          <PointValue point={point} />
        </span>
      </Fact>
      <Fact name={t('quality.label')}>
        <PointQuality point={point} />
      </Fact>
      <Fact name={t('point.sourceTime')}>{measured}</Fact>
      <Fact name={t('point.age')}>
        <PointAge point={point} />
      </Fact>
      <Fact name={t('device.kind')}>{t(`kind.${point.kind}`)}</Fact>
    </Facts>
  )
}
