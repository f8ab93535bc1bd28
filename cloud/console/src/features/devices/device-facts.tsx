import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Device } from '#contract/api/devices.ts'
import { instantText } from '../../format/time.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { useEverySecond } from '../../live/use-point.ts'
import { Fact, Facts } from '../../ui/facts.tsx'
import { categoryText } from './category.ts'
import { PlaceLink } from './place-link.tsx'

export function DeviceFacts({ device }: { readonly device: Device }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const { vendor, model, profile, category, location, gateway, address, profileVersion, variant } = device
  const about = [
    profileVersion === undefined ? '' : t('commissioning.version', { version: profileVersion }),
    variant === undefined ? '' : t('commissioning.variant', { variant }),
  ].filter((text) => text !== '')
  return (
    <Facts>
      <Fact name={t('device.location')}>
        {device.place === undefined ? (
          localText(location, language, t('devices.noLocation'))
        ) : (
          <PlaceLink place={device.place} />
        )}
      </Fact>
      <Fact name={t('device.type')}>{categoryText(t, category)}</Fact>
      <Fact name={t('device.link')}>
        <LinkText link={device.link} />
      </Fact>
      <Fact name={t('device.gateway')}>
        <Link to="/gateways/$gateway" params={{ gateway }}>
          {gateway}
        </Link>
      </Fact>
      <Fact name={t('device.model')}>{`${vendor} ${model}`}</Fact>
      <Fact name={t('device.profile')}>
        {profile}
        {about.length > 0 && <span className="muted">{` · ${about.join(' · ')}`}</span>}
      </Fact>
      {address !== undefined && <Fact name={t('commissioning.address')}>{address}</Fact>}
    </Facts>
  )
}

function LinkText({ link }: Pick<Device, 'link'>) {
  const { t } = useTranslation()
  const { state, at, reason } = link
  const time = useEverySecond((now) => (at === undefined ? '' : instantText(Date.parse(at), now)))
  return (
    <>
      {t(`device.${state}`)}
      {time !== '' && <span className="muted"> · {t('device.since', { time })}</span>}
      {state === 'down' && reason !== undefined && <span className="muted"> · {reason}</span>}
    </>
  )
}
