import { type PointPath, parsePoint } from './point-path.ts'

/** A point with numbers that make comparing cheap: equal ranks are equal texts. */
export type IndexedPoint = PointPath & {
  readonly prefixRank: number
  readonly nameRank: number
  /** Orders points of the same prefix by name and then by device. */
  readonly rank: number
}

/** A gateway has the same few thousand points all day: each text is cut up once. Bounded, because ids are foreign. */
const largest = 50_000
const points = new Map<string, IndexedPoint>()
const prefixRanks = new Map<string, number>()
const literalRanks = new Map<string, number>()

export function indexPoint(point: string): IndexedPoint {
  const known = points.get(point)
  if (known !== undefined) return known
  const path = parsePoint(point)
  const nameRank = path.nameIndex === 0 ? rankOf(literalRanks, path.literal) : tableRank(path)
  const indexed = {
    ...path,
    prefixRank: rankOf(prefixRanks, path.prefix),
    nameRank,
    rank: nameRank * 2 ** 30 + path.number,
  }
  points.set(point, indexed)
  return indexed
}

/** Call between two messages: ranks of one message must come from one index. */
export function trimPointIndex(): void {
  if (points.size <= largest) return
  points.clear()
  prefixRanks.clear()
  literalRanks.clear()
}

/** Above every literal's rank, which is below `largest` and what one more message adds. */
function tableRank(path: PointPath): number {
  return path.nameIndex * 2 ** 16 + path.nameNumber
}

function rankOf(ranks: Map<string, number>, text: string): number {
  const known = ranks.get(text)
  if (known !== undefined) return known
  ranks.set(text, ranks.size)
  return ranks.size - 1
}
