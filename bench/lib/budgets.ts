import type { Figure } from './figure.ts'

/** A row of the table of budgets in `bench/README.md`, which is the only place where budgets are. */
export type Budget = {
  readonly bench: string
  readonly case: string
  readonly metric: string
  readonly bound: 'at most' | 'at least'
  readonly value: number
}

const row = /^\| ([^|]+?) *\| ([^|]+?) *\| ([^|]+?) *\| (at most|at least) ([\d,.]+) [^|]*\|/gm

export function readBudgets(page: string): Budget[] {
  return Array.from(page.matchAll(row), ([, bench = '', name = '', metric = '', bound, value = '']) => ({
    bench,
    case: name,
    metric,
    bound: bound === 'at most' ? bound : 'at least',
    value: Number(value.replaceAll(',', '')),
  }))
}

export function isKept({ bound, value }: Budget, figure: Figure): boolean {
  return bound === 'at most' ? figure.value <= value : figure.value >= value
}

export function budgetOf(budgets: readonly Budget[], figure: Figure): Budget | undefined {
  return budgets.find((budget) => budget.case === figure.case && budget.metric === figure.metric)
}

/** What went wrong: a budget that is broken, and one that no figure of its bench speaks about any more. */
export function brokenBudgets(budgets: readonly Budget[], figures: readonly Figure[]): string[] {
  return budgets.flatMap((budget) => {
    const name = `${budget.bench}, ${budget.case}, ${budget.metric}`
    const figure = figures.find((one) => one.case === budget.case && one.metric === budget.metric)
    if (figure === undefined) return `${name}: no such figure, but bench/README.md has a budget for it`
    if (isKept(budget, figure)) return []
    return `${name}: ${figure.value} ${figure.unit}, ${budget.bound} ${budget.value} are allowed`
  })
}
