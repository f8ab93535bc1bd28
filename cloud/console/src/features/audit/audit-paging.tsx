import { useNavigate, useSearch } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

type PagingProps = { readonly count: number; readonly nextCursor: string | undefined }

/** Back in time page by page. The page is part of the address; what came before it is remembered here. */
export function AuditPaging({ count, nextCursor }: PagingProps) {
  const { t } = useTranslation()
  const { after } = useSearch({ from: '/shell/audit' })
  const navigate = useNavigate({ from: '/audit' })
  const [before, setBefore] = useState<readonly (string | undefined)[]>([])

  function go(to: string | undefined, known: typeof before): void {
    setBefore(known)
    // A page is a matter of the address; going there cannot fail.
    void navigate({ search: ({ after: _, ...rest }) => (to === undefined ? rest : { ...rest, after: to }) })
  }

  return (
    <nav className="list-end" aria-label={t('audit.pages')}>
      {after !== undefined && (
        <Button onClick={() => go(before.at(-1), before.slice(0, -1))}>{t('audit.previous')}</Button>
      )}
      <span className="muted" role="status">
        {t('audit.shown', { count })}
      </span>
      {nextCursor !== undefined && (
        <Button onClick={() => go(nextCursor, [...before, after])}>{t('audit.next')}</Button>
      )}
    </nav>
  )
}
