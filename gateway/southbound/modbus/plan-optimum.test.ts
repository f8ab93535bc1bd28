import { expect, test } from 'vitest'
import type { ModbusPoint, ReadLimits } from '#gateway/profiles/device.ts'
import { SeededChance } from '../../../tests/support/random.ts'
import { point } from './fixtures/devices.ts'
import { fewestRequests, leastRequestsPerSecond, planReads, requestsPerSecond } from './plan-reads.ts'

/** Whether one request may read all of these, from the words of the limits and not from the planner. */
function isAllowed(points: readonly ModbusPoint[], limits: ReadLimits): boolean {
  const cells = new Set<number>()
  for (const { from } of points) for (let i = 0; i < (from?.count ?? 0); i++) cells.add((from?.addr ?? 0) + i)
  const used = [...cells].sort((a, b) => a - b)
  const first = used[0] ?? 0
  const start = first - (first % limits.align)
  const length = (used.at(-1) ?? 0) + 1 - start
  const count = limits.evenCount ? length + (length % 2) : length
  const gaps = used.map((cell, i) => (i === 0 ? 0 : cell - (used[i - 1] ?? 0) - 1))
  return count <= limits.maxRegs && Math.max(...gaps) <= limits.maxGap
}

/** Every way to deal the points into requests: the least sum of `price` of the allowed ones. */
function cheapest(
  points: readonly ModbusPoint[],
  limits: ReadLimits,
  price: (request: readonly ModbusPoint[]) => number,
): number {
  let best = Number.POSITIVE_INFINITY
  const deal = (at: number, requests: ModbusPoint[][]): void => {
    const next = points[at]
    if (next === undefined) {
      if (requests.every((one) => isAllowed(one, limits))) {
        best = Math.min(
          best,
          requests.reduce((sum, one) => sum + price(one), 0),
        )
      }
      return
    }
    for (const [i, request] of requests.entries()) {
      deal(at + 1, requests.with(i, [...request, next]))
    }
    deal(at + 1, [...requests, [next]])
  }
  deal(0, [])
  return best
}

type Layout = { readonly points: ModbusPoint[]; readonly limits: ReadLimits }

/** Seven values that do not overlap, in random places of a small table, under random limits. */
function randomLayout(next: () => number, periods: readonly number[]): Layout {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T
  const points: ModbusPoint[] = []
  let addr = Math.floor(next() * 3)
  for (let i = 0; i < 7; i++) {
    const count = pick([1, 1, 2, 2, 4])
    points.push(point(`x.p${i}`, { addr, count }, { pollMs: pick(periods) }))
    addr += count + pick([0, 0, 0, 1, 2, 5])
  }
  const limits: ReadLimits = {
    ...{ maxRegs: pick([4, 6, 8, 12]), maxGap: pick([0, 1, 2, 4]), align: pick([1, 1, 2]) },
    ...{ evenCount: next() < 0.3, maxBits: 16, maxBitGap: 0 },
  }
  return { points: points.sort(() => next() - 0.5), limits }
}

/** A value that no request can hold alone has no plan at all; the planner reads it by a request of its own. */
const hasPlan = ({ points, limits }: Layout) => points.every((one) => isAllowed([one], limits))

test('with one period there are never more requests than in the best of all plans', () => {
  const chance = new SeededChance('plans 3')
  const next = () => chance.between(0, 1)
  let tried = 0
  while (tried < 300) {
    const layout = randomLayout(next, [1000])
    if (!hasPlan(layout)) continue
    tried++
    const blocks = planReads(layout.points, { limits: layout.limits, groups: [] })
    const best = cheapest(layout.points, layout.limits, () => 1)
    expect(blocks.length, JSON.stringify(layout)).toBe(best)
    expect(fewestRequests(layout.points, layout.limits)).toBe(best)
  }
})

test('every request keeps the limits and every point is read exactly once', () => {
  const chance = new SeededChance('plans 4')
  const next = () => chance.between(0, 1)
  for (let i = 0; i < 300; i++) {
    const layout = randomLayout(next, [1000, 5000, 60_000])
    if (!hasPlan(layout)) continue
    const blocks = planReads(layout.points, { limits: layout.limits, groups: [] })
    const read = blocks.flatMap(({ points }) => points.map(({ id }) => id))
    expect(read.toSorted()).toEqual(layout.points.map(({ id }) => id).toSorted())
    for (const { addr, count, points, pollMs } of blocks) {
      expect(isAllowed(points, layout.limits)).toBe(true)
      expect(addr % layout.limits.align).toBe(0)
      expect(layout.limits.evenCount ? count % 2 : 0).toBe(0)
      expect(pollMs).toBe(Math.min(...points.map((one) => one.pollMs ?? Number.POSITIVE_INFINITY)))
    }
  }
})

test('with several periods the bound holds for the best of all plans, and ours is never above one plan per period', () => {
  const chance = new SeededChance('plans 5')
  const next = () => chance.between(0, 1)
  for (let i = 0; i < 150; i++) {
    const layout = randomLayout(next, [1000, 10_000, 60_000])
    if (!hasPlan(layout)) continue
    const rules = { limits: layout.limits, groups: [] }
    const best = cheapest(layout.points, layout.limits, (request) =>
      Math.max(...request.map(({ pollMs = 1 }) => 1000 / pollMs)),
    )
    const bound = leastRequestsPerSecond(layout.points, rules)
    const apart = [...Map.groupBy(layout.points, ({ pollMs }) => pollMs).values()]
      .map((one) => requestsPerSecond(planReads(one, rules)))
      .reduce((sum, one) => sum + one, 0)
    const ours = requestsPerSecond(planReads(layout.points, rules))
    expect(bound).toBeLessThanOrEqual(best + 1e-9)
    expect(ours).toBeGreaterThanOrEqual(best - 1e-9)
    expect(ours).toBeLessThanOrEqual(apart + 1e-4)
  }
})

test('a slow point rides along in a fast read where that is cheaper than a request of its own, and not elsewhere', () => {
  const limits: ReadLimits = { maxRegs: 60, maxBits: 16, maxGap: 0, maxBitGap: 0, align: 1, evenCount: false }
  const fast = [0, 1, 2].map((addr) => point(`x.fast${addr}`, { addr }, { pollMs: 5000 }))
  const beside = point('x.beside', { addr: 3 }, { pollMs: 10_000 })
  const wide = Array.from({ length: 50 }, (_, i) => point(`x.wide${i}`, { addr: 4 + i }, { pollMs: 60_000 }))
  const plan = (transports: readonly string[]) =>
    planReads([...fast, beside, ...wide], { limits, groups: [], transports }).map(
      ({ addr, count, pollMs }) => {
        return [addr, count, pollMs]
      },
    )
  expect(plan(['rtu', 'tcp'])).toEqual([
    [0, 4, 5000],
    [4, 50, 60_000],
  ])
  // Over a network it is the request that costs.
  expect(plan(['tcp'])).toEqual([[0, 54, 5000]])
})

test('a point that waits for somebody to confirm it is not read', () => {
  const hidden = point('x.hidden', { addr: 1 }, { hidden: true, confidence: 'low' })
  const limits: ReadLimits = { maxRegs: 60, maxBits: 16, maxGap: 0, maxBitGap: 0, align: 1, evenCount: false }
  const blocks = planReads([point('x.a', { addr: 0 }), hidden], { limits, groups: [] })
  expect(blocks.map(({ count, points }) => [count, points.map(({ id }) => id)])).toEqual([[1, ['x.a']]])
})
