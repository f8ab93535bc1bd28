import type { ReactNode } from 'react'

export type Column<T> = {
  readonly key: string
  readonly title: string
  readonly cell: (row: T) => ReactNode
  /** Numbers stand on the right, under each other. */
  readonly numeric?: boolean
  /** On a phone this cell is the head of the card and has no label. */
  readonly head?: boolean
  /** On a phone this cell takes the whole line and names its parts itself. */
  readonly wide?: boolean
}

export type TableProps<T> = {
  readonly label: string
  readonly columns: readonly Column<T>[]
  readonly rows: readonly T[]
  readonly rowKey: (row: T) => string
}

/**
 * A plain table that becomes a list of cards on a phone, by CSS alone. The roles are written out because a table that is
 * displayed as blocks loses them.
 */
export function Table<T>({ label, columns, rows, rowKey }: TableProps<T>) {
  return (
    // biome-ignore-start lint/a11y/noRedundantRoles: a table displayed as blocks has no role of its own
    <table className="table" role="table" aria-label={label}>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => (
            <th key={column.key} role="columnheader" scope="col" className={column.numeric ? 'numeric' : ''}>
              {column.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={rowKey(row)} role="row">
            {columns.map((column) => (
              <td key={column.key} role="cell" className={classOf(column)} data-label={column.title}>
                <div className="cell">{column.cell(row)}</div>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
    // biome-ignore-end lint/a11y/noRedundantRoles: see above
  )
}

function classOf<T>({ numeric, head, wide }: Column<T>): string {
  return [numeric ? 'numeric' : '', head ? 'head' : '', wide ? 'wide' : ''].filter(Boolean).join(' ')
}
