import type { Database } from '#cloud/state/database.ts'
import { type NodeKind, nodeKinds } from '#contract/organisation.ts'
import type { LocalText } from '#contract/text.ts'

/** A place with its names from the campus down, and the campus that it belongs to. */
export type PlaceNames = { readonly names: readonly LocalText[]; readonly campus: string | undefined }

const none: PlaceNames = { names: [], campus: undefined }

/** The way to each of these places. What is above the campus says nothing to whoever looks for a room. */
export async function placeNames(
  db: Database,
  places: Iterable<string | null>,
): Promise<(place: string | null) => PlaceNames> {
  const wanted = [...new Set(places)].filter((place) => place !== null)
  const ways = new Map<string, Step[]>()
  for (let from = 0; from < wanted.length; from += 500) {
    const rows = await db
      .selectFrom('tree_paths as p')
      .innerJoin('tree_nodes as n', 'n.id', 'p.ancestor')
      .select(['p.node', 'n.id', 'n.kind', 'n.title_zh', 'n.title_en'])
      .where('p.node', 'in', wanted.slice(from, from + 500))
      .execute()
    for (const [node, steps] of Map.groupBy(rows, (row) => row.node)) ways.set(node, steps)
  }
  return (place) => (place === null ? none : wayOf(place, ways.get(place) ?? []))
}

type Step = {
  readonly id: string
  readonly kind: string
  readonly title_zh: string | null
  readonly title_en: string | null
}

const depth = (kind: string): number => nodeKinds.indexOf(kind as NodeKind)
const campusDepth = depth('campus')

/** A kind of place stands under the kinds before it, so that their order is that of the way. Pure. */
export function wayOf(place: string, steps: readonly Step[]): PlaceNames {
  const way = steps
    .filter(({ id, kind }) => depth(kind) >= campusDepth || id === place)
    .toSorted((a, b) => depth(a.kind) - depth(b.kind))
  return {
    names: way.map(({ id, title_zh, title_en }) => ({
      ...(title_zh === null ? {} : { zh: title_zh }),
      ...(title_en === null ? {} : { en: title_en }),
      ...(title_zh === null && title_en === null ? { zh: id } : {}),
    })),
    campus: way.find(({ kind }) => kind === 'campus')?.id,
  }
}
