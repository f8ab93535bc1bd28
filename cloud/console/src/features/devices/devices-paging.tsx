import { useNavigate, useSearch } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

type PagingProps = { readonly count: number; readonly nextCursor: string | undefined }

/** On to the next page and back. The page is part of the address; what came before it is remembered here. */
export function DevicesPaging({ count, nextCursor }: PagingProps) {
  const { t } = useTranslation()
  const { after } = useSearch({ from: '/shell/devices' })
  const [before, setBefore] = useState<readonly (string | undefined)[]>([])
  const go = useGo()

  function forward(): void {
    setBefore([...before, after])
    go(nextCursor)
  }

  function back(): void {
    setBefore(before.slice(0, -1))
    go(before.at(-1))
  }

  return (
    <nav className="list-end" aria-label={t('devices.pages')}>
      {after !== undefined && <Button onClick={back}>{t('devices.previous')}</Button>}
      <span className="muted" role="status">
        {t('devices.shown', { count })}
        {nextCursor === undefined && ` · ${t('devices.allShown')}`}
      </span>
      {nextCursor !== undefined && <Button onClick={forward}>{t('devices.next')}</Button>}
    </nav>
  )
}

function useGo(): (after: string | undefined) => void {
  const navigate = useNavigate({ from: '/devices' })
  return (after) =>
    // A page is a matter of the address; going there cannot fail.
    void navigate({ search: ({ after: _, ...rest }) => (after === undefined ? rest : { ...rest, after }) })
}
