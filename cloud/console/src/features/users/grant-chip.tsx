import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { Grant } from '#contract/api/session.ts'
import { treeQuery } from '../../api/queries.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'

/** A role and its place in the reader’s words. */
export function useGrantText(): (grant: Grant) => string {
  const { t } = useTranslation()
  const language = useLanguage()
  const nodes = useQuery(treeQuery).data?.nodes
  return ({ role, node }) => {
    const title = nodes?.find(({ id }) => id === node)?.title
    const place = node === undefined ? t('users.everywhere') : localText(title, language, node)
    return `${t(`role.${role}`)} · ${place}`
  }
}

export function GrantChips({ grants }: { readonly grants: readonly Grant[] }) {
  const { t } = useTranslation()
  const textOf = useGrantText()
  if (grants.length === 0) return <span className="muted">{t('users.noRole')}</span>
  return (
    <ul className="chips">
      {grants.map((grant) => (
        <li key={`${grant.role} ${grant.node ?? ''}`} className="chip">
          {textOf(grant)}
        </li>
      ))}
    </ul>
  )
}
