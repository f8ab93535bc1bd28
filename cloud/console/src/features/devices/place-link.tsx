import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { treeQuery } from '../../api/queries.ts'
import { localText } from '../../i18n/local-text.ts'
import { useLanguage } from '../../i18n/use-language.ts'

/** Where a device stands in the organisation: the names from the campus down to the place, and the way there. */
export function PlaceLink({ place }: { readonly place: string }) {
  const language = useLanguage()
  const byId = new Map(useQuery(treeQuery).data?.nodes.map((node) => [node.id, node]))
  const names: string[] = []
  for (let node = byId.get(place); node !== undefined; node = byId.get(node.parent ?? ''))
    if (node.id === place || (node.kind !== 'bureau' && node.kind !== 'district'))
      names.unshift(localText(node.title, language, node.id))
  return (
    <Link to="/tree" search={{ node: place }}>
      {names.length === 0 ? place : names.join(' / ')}
    </Link>
  )
}
