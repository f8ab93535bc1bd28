import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Asset, AssetLabel } from '#contract/api/assets.ts'
import type { LocalText } from '#contract/text.ts'
import { type Language, localText } from '../../i18n/local-text.ts'

/** The id that people know: of the device, or of the gateway. */
export function thingId({ gateway, device }: Pick<Asset, 'gateway' | 'device'>): string {
  return device ?? gateway
}

/** Where it stands: by the organisation, else in the words of the gateway's configuration. */
export function whereText(
  { where, location }: Pick<AssetLabel, 'where' | 'location'>,
  language: Language,
): string {
  const names = where.map((name: LocalText) => localText(name, language, ''))
  return names.length > 0 ? names.join(' / ') : localText(location, language, '')
}

/** On to where its values are. */
export function ThingLink({
  asset: { gateway, device },
  children,
}: {
  readonly asset: Pick<Asset, 'gateway' | 'device'>
  readonly children: ReactNode
}) {
  if (device === undefined)
    return (
      <Link to="/gateways/$gateway" params={{ gateway }}>
        {children}
      </Link>
    )
  const id = device.slice(gateway.length + 1)
  return (
    <Link to="/devices/$gateway/$device" params={{ gateway, device: id }}>
      {children}
    </Link>
  )
}

/** What is reported and what people wrote are not the same. */
export function ContradictionMark() {
  const { t } = useTranslation()
  return <span className="asset-contradiction">{t('assets.contradiction')}</span>
}
