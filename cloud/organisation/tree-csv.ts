import type { TreeProblem } from '#contract/api/tree.ts'
import { formatCsv, parseCsv } from '#lib/csv.ts'
import { idsByPlace, type Organisation, parentsFirst } from './organisation.ts'
import { type FileContent, type FileEntry, type FileField, fileFields, shortText } from './tree-file.ts'

/** Without these a row says nothing. */
const needed: readonly FileField[] = ['id', 'kind', 'parent']
const numbers: ReadonlySet<FileField> = new Set(['people', 'areaM2', 'floors', 'level'])
const lists: ReadonlySet<FileField> = new Set(['stages', 'gateways', 'devices'])

/** A table with a header, one place in each row; a column that is not there changes nothing. Pure. */
export function readCsv(text: string): FileContent {
  const parsed = parseCsv(text)
  if (!parsed.ok) return refused([{ code: 'quote-open', params: {}, row: parsed.row }])
  const [header = [], ...rows] = parsed.rows.map((row) => row.map((cell) => cell.trim()))
  const problems = headerProblems(header)
  if (problems.length > 0) return refused(problems)
  const fields = header as FileField[]
  const entries: FileEntry[] = []
  for (const [index, cells] of rows.entries()) {
    const row = index + 2
    if (cells.every((cell) => cell === '')) continue
    if (cells.length !== fields.length)
      problems.push({ code: 'cell-count', params: { found: cells.length, expected: fields.length }, row })
    const values = Object.fromEntries(
      fields.flatMap((field, column) => {
        const cell = cells[column] ?? ''
        return cell === '' ? [] : [[field, cellValue(field, cell)]]
      }),
    )
    entries.push({ values, where: () => ({ row }) })
  }
  return { entries, speaksOf: new Set(fields), problems }
}

function refused(problems: TreeProblem[]): FileContent {
  return { entries: [], speaksOf: new Set(), problems }
}

function headerProblems(header: readonly string[]): TreeProblem[] {
  const row = 1
  return [
    ...needed
      .filter((field) => !header.includes(field))
      .map((field): TreeProblem => ({ code: 'column-missing', field, params: {}, row })),
    ...header.flatMap((name, index): TreeProblem[] => {
      const params = { found: shortText(name) }
      if (!(fileFields as readonly string[]).includes(name)) return [{ code: 'column-unknown', params, row }]
      return header.indexOf(name) === index ? [] : [{ code: 'column-twice', params, row }]
    }),
  ]
}

/** Text that is not what its column holds stays text, for the one who says what is wrong with it. */
function cellValue(field: FileField, cell: string): unknown {
  if (numbers.has(field)) return /^-?\d{1,12}(\.\d{1,9})?$/.test(cell) ? Number(cell) : cell
  if (lists.has(field)) return cell.split(/[\s;；,，]+/).filter((one) => one !== '')
  return field === 'footprint' ? jsonOr(cell) : cell
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The table that reads back as the same tree. Pure. */
export function writeCsv({ nodes, gateways, devices }: Organisation): string {
  const [gatewaysAt, devicesAt] = [idsByPlace(gateways), idsByPlace(devices)]
  const rows = parentsFirst(nodes).map(({ title, footprint, stages, ...node }) => {
    const values: Partial<Record<FileField, string | number | undefined>> = {
      ...node,
      titleZh: title.zh,
      titleEn: title.en,
      stages: stages?.join(' '),
      footprint: footprint && JSON.stringify(footprint),
      gateways: gatewaysAt.get(node.id)?.join(' '),
      devices: devicesAt.get(node.id)?.join(' '),
    }
    return fileFields.map((field) => values[field])
  })
  return formatCsv([fileFields, ...rows])
}
