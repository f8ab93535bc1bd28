import { useTranslation } from 'react-i18next'
import type { Gateway } from '#contract/api/gateways.ts'
import { bytesText } from '../../format/number.ts'
import { instantText } from '../../format/time.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { useEverySecond } from '../../live/use-point.ts'
import { useDurationText } from '../../points/use-words.ts'
import { Fact, Facts } from '../../ui/facts.tsx'
import { autonomyHoursText } from './waiting.ts'

export function GatewayFacts({ gateway }: { readonly gateway: Gateway }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const { status, software, runtime, startedAt, connected } = gateway
  const started = useInstant(startedAt)
  const asOf = useInstant(status?.at)
  return (
    <Facts>
      {status !== undefined && (
        <>
          <Fact name={t('gateways.devices')}>{t('gateways.devicesText', { ...status.devices })}</Fact>
          <Fact name={t('gateways.disk')}>
            {t('gateways.diskText', {
              used: bytesText(status.diskUsed, language),
              budget: bytesText(status.diskBudget, language),
            })}
          </Fact>
          <Fact name={t('gateways.autonomy')}>
            {status.autonomyH === undefined
              ? '–'
              : t('gateways.hours', { hours: autonomyHoursText(status.autonomyH, language) })}
          </Fact>
        </>
      )}
      <Fact name={t('gateways.clock')}>
        <ClockText offsetMs={gateway.clockOffsetMs} />
      </Fact>
      <Fact name={t('gateways.software')}>{software ?? '–'}</Fact>
      <Fact name={t('gateways.runtime')}>{runtime ?? '–'}</Fact>
      <Fact name={t('gateways.started')}>{started}</Fact>
      {status !== undefined && (
        <Fact name={t('gateways.asOf')}>
          {asOf}
          {!connected && <span className="muted"> · {t('gateways.oldStatus')}</span>}
        </Fact>
      )}
    </Facts>
  )
}

function useInstant(at: string | undefined): string {
  return useEverySecond((now) => (at === undefined ? '–' : instantText(Date.parse(at), now)))
}

/** Differences below two seconds are the network's. */
function ClockText({ offsetMs }: { readonly offsetMs: number | undefined }) {
  const { t } = useTranslation()
  const durationText = useDurationText()
  if (offsetMs === undefined) return '–'
  if (Math.abs(offsetMs) < 2000) return t('gateways.clockFine')
  const time = durationText(Math.abs(offsetMs))
  return offsetMs > 0 ? t('gateways.clockAhead', { time }) : t('gateways.clockBehind', { time })
}
