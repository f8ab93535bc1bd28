import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, expect, test } from 'vitest'
import { brokenBudgets, readBudgets } from './budgets.ts'

const page = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

const table = `
| bench | case | metric | budget |
|---|---|---|---|
| codec | batches of 50 | size | at most 6.0 B/sample |
| outbox | batches of 500 | appended durably | at least 500,000 samples/CPU s |
`
const [size] = readBudgets(table)

test('budgets are read from the table of the page', () => {
  expect(readBudgets(table)).toEqual([
    { bench: 'codec', case: 'batches of 50', metric: 'size', bound: 'at most', value: 6 },
    {
      bench: 'outbox',
      case: 'batches of 500',
      metric: 'appended durably',
      bound: 'at least',
      value: 500_000,
    },
  ])
})

describe('brokenBudgets', () => {
  const figure = { case: 'batches of 50', metric: 'size', value: 5.9, unit: 'B/sample' }
  const budgets = size === undefined ? [] : [size]

  test('says nothing while a budget is kept', () => {
    expect(brokenBudgets(budgets, [figure])).toEqual([])
  })

  test('names what is over and by what', () => {
    expect(brokenBudgets(budgets, [{ ...figure, value: 6.1 }])).toEqual([
      'codec, batches of 50, size: 6.1 B/sample, at most 6 are allowed',
    ])
  })

  test('a budget whose figure was renamed does not go quiet', () => {
    expect(brokenBudgets(budgets, [{ ...figure, metric: 'bytes' }])).toEqual([
      expect.stringContaining('no such figure'),
    ])
  })
})

test('every budget of bench/README.md belongs to a bench that exists', () => {
  const benches = globSync('*.bench.ts', { cwd: new URL('..', import.meta.url) }).map((file) =>
    basename(file, '.bench.ts'),
  )
  const budgets = readBudgets(page)
  expect(budgets.length).toBeGreaterThan(0)
  expect(benches).toEqual(expect.arrayContaining([...new Set(budgets.map(({ bench }) => bench))]))
  expect(budgets.every(({ value }) => Number.isFinite(value))).toBe(true)
})
