import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Input, Select } from 'antd'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { gatewaysQuery } from '../../api/queries.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { type DevicesSearch, devicesSearch } from './devices-search.ts'

const typingPauseMs = 300

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
      <SearchField value={search.q ?? ''} onChange={(q) => filter({ q: q === '' ? undefined : q })} />
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

type SearchFieldProps = { readonly value: string; readonly onChange: (value: string) => void }

/** Searches while one types, after a short pause. Follows the address when that changes by another way. */
function SearchField({ value, onChange }: SearchFieldProps) {
  const { t } = useTranslation()
  const [text, setText] = useState(value)
  const [known, setKnown] = useState(value)
  if (known !== value) {
    setKnown(value)
    if (text.trim() !== value) setText(value)
  }
  const wanted = text.trim()
  useEffect(() => {
    if (wanted === value) return
    const timer = setTimeout(() => onChange(wanted), typingPauseMs)
    return () => clearTimeout(timer)
  })
  return (
    <Input
      type="search"
      className="search-field"
      aria-label={t('devices.search')}
      placeholder={t('devices.searchHint')}
      value={text}
      onChange={(event) => setText(event.target.value)}
      allowClear
      maxLength={100}
    />
  )
}
