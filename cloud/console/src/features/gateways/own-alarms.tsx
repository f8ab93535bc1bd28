import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { alarmsQuery } from '../../api/queries.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'
import { PriorityMark } from '../../ui/marks.tsx'

/** What is wrong with the gateway itself, as the cloud sees it. Nothing when nothing is. */
export function OwnAlarms({ gateway }: { readonly gateway: string }) {
  const { t } = useTranslation()
  const language = useLanguage()
  const { data } = useQuery(alarmsQuery('standing'))
  const own = data?.items.filter(({ point, state }) => point === gateway && state === 'raised') ?? []
  if (own.length === 0) return null
  return (
    <ul className="notes own-alarms panel" aria-label={t('alarms.title')}>
      {own.map(({ id, priority, title, rule }) => (
        <li key={id} className="state">
          <PriorityMark priority={priority} />
          <strong>{localText(title, language, rule)}</strong>
        </li>
      ))}
    </ul>
  )
}
