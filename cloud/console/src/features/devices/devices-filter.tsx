import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { gatewaysQuery } from '../../api/queries.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { SearchField } from '../../ui/search-field.tsx'
import { type DevicesSearch, devicesSearch } from './devices-search.ts'

export function DevicesFilter() {
  const { t } = useTranslation()
  const language = useLanguage()
  // Another filter is another list: it begins at its first page.
  const { after: _, ...search } = useSearch({ from: '/shell/devices' })
  const navigate = useNavigate()
  const gateways = useQuery(gatewaysQuery).data?.items ?? []

  function filter(change: { [Key in keyof DevicesSearch]: DevicesSearch[Key] | undefined }): void {
    // The address is the only place of the filter; going nowhere cannot fail.
    void navigate({ to: '/devices', search: devicesSearch({ ...search, ...change }), replace: true })
  }

  return (
    <search className="filters">
      <SearchField
        label={t('devices.search')}
        placeholder={t('devices.searchHint')}
        value={search.q ?? ''}
        onChange={(q) => filter({ q: q === '' ? undefined : q })}
      />
      <Select
        className="gateway-select"
        aria-label={t('devices.gateway')}
        value={search.gateway ?? ''}
        onChange={(gateway: string) => filter({ gateway: gateway === '' ? undefined : gateway })}
        options={[
          { value: '', label: t('devices.allGateways') },
          ...gateways.map(({ id, title }) => ({ value: id, label: localText(title, language, id) })),
        ]}
      />
    </search>
  )
}
