import { expect, test } from 'vitest'
import type { Footprint } from '#contract/api/tree.ts'
import { footprintProblem, maxVertices, rounded, vertexCount } from './footprint.ts'

const square = [
  [121.9, 30.9],
  [121.91, 30.9],
  [121.91, 30.91],
  [121.9, 30.9],
]
const polygon = (...rings: unknown[]): Footprint => ({ type: 'Polygon', coordinates: rings })
const multi = (...polygons: unknown[]): Footprint => ({ type: 'MultiPolygon', coordinates: polygons })

test('a polygon, one with a hole and several of them are outlines', () => {
  for (const one of [polygon(square), polygon(square, square), multi([square], [square, square])])
    expect(footprintProblem(one)).toBeUndefined()
})

test('what is no outline is told apart', () => {
  const code = (one: Footprint) => footprintProblem(one)?.code
  for (const broken of [polygon(), multi(), multi([]), multi(square), polygon('x'), polygon([['1', '2']])])
    expect(code(broken)).toBe('footprint-shape')
  expect(code(polygon([[121, 30, 4], ...square]))).toBe('footprint-shape')
  expect(code(polygon([[Number.NaN, 30], ...square]))).toBe('footprint-shape')
  expect(footprintProblem(polygon(square, square.slice(0, 3)))).toEqual({
    code: 'footprint-short',
    params: { ring: 2, found: 3 },
  })
  expect(footprintProblem(polygon([...square, [121.95, 30.9]]))).toEqual({
    code: 'footprint-open',
    params: { ring: 1 },
  })
})

test('latitude before longitude is found out in China', () => {
  const swapped = square.map(([longitude, latitude]) => [latitude, longitude])
  expect(footprintProblem(polygon(swapped))).toEqual({
    code: 'footprint-range',
    params: { ring: 1, longitude: 30.9, latitude: 121.9 },
  })
})

test('there is an end to the corners, counted over all rings', () => {
  const ring = (corners: number) => [
    ...Array.from({ length: corners - 1 }, (_, i) => [100 + i / 1e4, 30]),
    [100, 30],
  ]
  expect(footprintProblem(multi([ring(maxVertices / 2)], [ring(maxVertices / 2)]))).toBeUndefined()
  expect(footprintProblem(multi([ring(maxVertices / 2)], [ring(maxVertices / 2 + 1)]))).toEqual({
    code: 'footprint-vertices',
    params: { found: maxVertices + 1, max: maxVertices },
  })
  expect(vertexCount(multi([ring(500)], [ring(501)]))).toBe(1001)
})

test('the longest outline fits into a cell of Excel', () => {
  const long = Array.from({ length: maxVertices }, () => [-121.123456789, -31.123456789])
  expect(JSON.stringify(rounded(polygon(long))).length).toBeLessThan(32_767)
})
