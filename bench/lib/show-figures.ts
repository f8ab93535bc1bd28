import { type Budget, budgetOf, isKept } from './budgets.ts'
import type { Figure } from './figure.ts'

const headings = ['case', 'metric', 'value', 'unit', 'budget']

/** The figures as a table for people; a broken budget is marked at the end of its line. */
export function showFigures(figures: readonly Figure[], budgets: readonly Budget[]): string {
  const rows = [headings, ...figures.map((figure) => cells(figure, budgetOf(budgets, figure)))]
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row.map((cell, column) =>
      column === 2 ? cell.padStart(widths[2] ?? 0) : cell.padEnd(widths[column] ?? 0),
    )
  return rows.map((row) => line(row).join('  ').trimEnd()).join('\n')
}

function cells(figure: Figure, budget: Budget | undefined): string[] {
  const shown = figure.value.toLocaleString('en', { maximumSignificantDigits: 4 })
  const bound = budget === undefined ? '' : `${budget.bound} ${budget.value.toLocaleString('en')}`
  const mark = budget === undefined || isKept(budget, figure) ? '' : '  OVER BUDGET'
  return [figure.case, figure.metric, shown, figure.unit, bound + mark]
}
