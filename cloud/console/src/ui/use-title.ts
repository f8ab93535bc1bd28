import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'

/** The title of the browser's tab: what the page is about, then the product. */
export function useTitle(title: string): void {
  const { t } = useTranslation()
  const name = t('app.name')
  useEffect(() => {
    document.title = `${title} · ${name}`
  }, [title, name])
}
