import type { Footprint, TreeProblemCode } from '#contract/api/tree.ts'

/** So that an outline fits into one cell of Excel, which ends at 32,767 characters. */
export const maxVertices = 1000

export type FootprintProblem = {
  readonly code: Extract<TreeProblemCode, `footprint-${string}`>
  readonly params: Readonly<Record<string, string | number>>
}

type Position = readonly [longitude: number, latitude: number]

/** GeoJSON (RFC 7946): rings of at least four positions that end where they begin, longitude first. Pure. */
export function footprintProblem({ type, coordinates }: Footprint): FootprintProblem | undefined {
  const polygons = type === 'Polygon' ? [coordinates] : coordinates
  const rings = polygons.flatMap((polygon): unknown[] =>
    Array.isArray(polygon) && polygon.length > 0 ? polygon : [undefined],
  )
  if (rings.length === 0) return { code: 'footprint-shape', params: {} }
  let vertices = 0
  for (const [index, ring] of rings.entries()) {
    const problem = ringProblem(ring, index + 1)
    if (problem !== undefined) return problem
    vertices += (ring as unknown[]).length
  }
  return vertices > maxVertices
    ? { code: 'footprint-vertices', params: { found: vertices, max: maxVertices } }
    : undefined
}

function ringProblem(ring: unknown, number: number): FootprintProblem | undefined {
  if (!Array.isArray(ring) || !ring.every(isPosition)) return { code: 'footprint-shape', params: {} }
  if (ring.length < 4) return { code: 'footprint-short', params: { ring: number, found: ring.length } }
  const outside = ring.find(([longitude, latitude]) => Math.abs(longitude) > 180 || Math.abs(latitude) > 90)
  if (outside !== undefined) {
    const [longitude, latitude] = outside
    return { code: 'footprint-range', params: { ring: number, longitude, latitude } }
  }
  const [first, last] = [ring[0], ring.at(-1)]
  const isClosed = first?.[0] === last?.[0] && first?.[1] === last?.[1]
  return isClosed ? undefined : { code: 'footprint-open', params: { ring: number } }
}

function isPosition(value: unknown): value is Position {
  return Array.isArray(value) && value.length === 2 && value.every((one) => Number.isFinite(one))
}

/** To 7 decimals, about a centimetre: more is noise of whoever drew it. Call it on a checked one. Pure. */
export function rounded({ type, coordinates }: Footprint): Footprint {
  return { type, coordinates: coordinates.map(roundDeep) }
}

function roundDeep(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(roundDeep)
  return typeof value === 'number' ? Math.round(value * 1e7) / 1e7 : value
}

export function vertexCount({ coordinates }: Footprint): number {
  return (coordinates.flat(3) as unknown[]).filter((value) => typeof value === 'number').length / 2
}
