import { expect, test } from 'vitest'
import type { Value } from '#contract/sample.ts'
import { seedOf } from './random.ts'
import { type Generator, nextValue, type Timed } from './signals.ts'

const monday = Date.UTC(2026, 0, 5)
const hour = 3_600_000

type Options = { seed?: string; others?: Record<string, Value>; written?: Timed; offset?: number }

/** The series of a generator, one value every `everyMs`. */
function series(
  generator: Generator,
  [from, to, everyMs]: [number, number, number],
  options: Options = {},
): Value[] {
  const values: Value[] = []
  let previous: Timed | undefined
  for (let at = from; at < to; at += everyMs) {
    const value = nextValue(generator, {
      at,
      seed: seedOf(options.seed ?? 'meter-1'),
      utcOffsetMin: options.offset ?? 0,
      valueOf: (point) => options.others?.[point] ?? null,
      ...(previous === undefined ? {} : { previous }),
      ...(options.written === undefined ? {} : { written: options.written }),
    })
    previous = { at, value }
    values.push(value)
  }
  return values
}

const numbers = (values: Value[]): number[] => values.map(Number)
const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length
function spread(values: number[]): number {
  const middle = mean(values)
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)))
}

const gauss: Generator = { gen: 'gauss', mean: 230, sd: 1.2 }

test('the same seed gives the same series, another seed another', () => {
  const span: [number, number, number] = [monday, monday + 60_000, 1000]
  expect(series(gauss, span)).toEqual(series(gauss, span))
  expect(series(gauss, span)).not.toEqual(series(gauss, span, { seed: 'meter-2' }))
})

test('gauss has the mean and the spread it was given', () => {
  const values = numbers(series(gauss, [monday, monday + hour, 1000]))
  expect(mean(values)).toBeCloseTo(230, 0)
  expect(spread(values)).toBeGreaterThan(1.1)
  expect(spread(values)).toBeLessThan(1.3)
})

test('walk comes back to its mean and moves in small steps', () => {
  const values = numbers(
    series({ gen: 'walk', mean: 50, sd: 0.02, theta: 0.1 }, [monday, monday + 4 * hour, 1000]),
  )
  expect(mean(values)).toBeCloseTo(50, 1)
  expect(spread(values)).toBeGreaterThan(0.015)
  expect(spread(values)).toBeLessThan(0.025)
  const steps = values.slice(1).map((value, i) => Math.abs(value - (values[i] ?? value)))
  expect(mean(steps)).toBeLessThan(0.01)
})

test('a day is quiet at night, busy in school hours, less at the weekend, in local time', () => {
  const day: Generator = {
    gen: 'day',
    base: 300,
    peak: 4200,
    openMin: 450,
    closeMin: 1320,
    noise: 0,
    weekend: 0.35,
  }
  const at = (time: number, offset = 0) => Number(series(day, [time, time + 1, 1], { offset })[0])
  expect(at(monday + 3 * hour)).toBe(300)
  expect(at(monday + 10 * hour)).toBeGreaterThan(2000)
  expect(at(monday + 2 * hour, 480)).toBe(at(monday + 10 * hour))
  expect(at(monday + 5 * 24 * hour + 10 * hour)).toBeLessThan(at(monday + 10 * hour))
})

test('the sun is dark at night, highest around noon and moves without jumps', () => {
  const sun: Generator = { gen: 'sun', peak: 50_000 }
  const values = numbers(series(sun, [monday, monday + 24 * hour, 60_000]))
  expect(values[3 * 60]).toBe(0)
  expect(Math.max(...values)).toBeGreaterThan(25_000)
  const jumps = values.slice(1).map((value, i) => Math.abs(value - (values[i] ?? 0)))
  expect(Math.max(...jumps)).toBeLessThan(50_000 * 0.13)
})

test('sum, ratio and copy follow other points', () => {
  const others = { a: 100, b: 50, c: null }
  const once: [number, number, number] = [monday, monday + 1, 1]
  expect(series({ gen: 'sum', of: ['a', 'b'] }, once, { others })).toEqual([150])
  expect(series({ gen: 'ratio', of: 'a', by: 'b', mul: 3 }, once, { others })).toEqual([6])
  expect(series({ gen: 'ratio', of: 'a', by: 'c', mul: 1 }, once, { others })).toEqual([0])
  expect(series({ gen: 'copy', of: 'a' }, once, { others })).toEqual([100])
})

test('2 kW for two hours are 4 kWh', () => {
  const counter: Generator = { gen: 'integrate', of: 'power', mul: 0.001, start: 1000 }
  const values = numbers(series(counter, [monday, monday + 2 * hour + 1, 1000], { others: { power: 2000 } }))
  expect(values.at(-1)).toBeCloseTo(1004, 6)
  expect(values.every((value, i) => value >= (values[i - 1] ?? 0))).toBe(true)
})

test('markov spends its time as the rates say', () => {
  const door: Generator = { gen: 'markov', states: [false, true], rates: [1, 3] }
  const values = series(door, [monday, monday + 48 * hour, 1000])
  const open = values.filter((value) => value === true).length / values.length
  expect(open).toBeGreaterThan(0.2)
  expect(open).toBeLessThan(0.3)
})

test('poisson happens as often as it should and holds', () => {
  const event: Generator = { gen: 'poisson', perDay: 48, holdMs: 10_000 }
  const values = series(event, [monday, monday + 48 * hour, 1000])
  const starts = values.filter((value, i) => value === true && values[i - 1] !== true).length
  expect(starts).toBeGreaterThan(60)
  expect(starts).toBeLessThan(140)
})

test('follow takes over what was written after its delay, and ramps', () => {
  const span: [number, number, number] = [monday, monday + 3000, 500]
  const written = { at: monday + 500, value: true }
  const relay: Generator = { gen: 'follow', start: false, delayMs: 1000 }
  expect(series(relay, span, { written })).toEqual([false, false, false, true, true, true])
  const lamp: Generator = { gen: 'follow', start: 0, delayMs: 0, rampPerS: 20 }
  expect(series(lamp, span, { written: { at: monday, value: 30 } })).toEqual([0, 10, 20, 30, 30, 30])
})

test('a battery falls from full to empty', () => {
  const values = numbers(series({ gen: 'battery', lifeDays: 365 }, [monday, monday + 24 * hour, hour]))
  expect(values.every((value) => value >= 0 && value <= 100)).toBe(true)
  expect((values[0] ?? 0) - (values.at(-1) ?? 0)).toBeCloseTo((23 / 24 / 365) * 100, 3)
})

test('count never gives the same value twice in a row', () => {
  const count: Generator = { gen: 'count', start: 5, step: 10, wrap: 30 }
  expect(series(count, [monday, monday + 5, 1])).toEqual([5, 15, 25, 5, 15])
})
