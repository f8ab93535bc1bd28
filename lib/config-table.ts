import type { TSchema } from 'typebox'

/** The keywords that a reader of the configuration cares about. */
type Node = {
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Node[]
  readonly properties?: Readonly<Record<string, Node>>
  readonly required?: readonly string[]
  readonly items?: Node
  readonly default?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly expects?: string
  readonly description?: string
}

/** One Markdown row per field of a configuration: path, what to write, default, meaning. Pure. */
export function configTable(schema: TSchema): string {
  const rows = rowsOf(schema as Node, '')
  return ['| field | value | default | |', '|---|---|---|---|', ...new Set(rows)].join('\n')
}

function rowsOf(node: Node, path: string): string[] {
  if (node.anyOf?.some((branch) => branch.type === 'object'))
    return node.anyOf.flatMap((branch) => rowsOf(branch, path))
  if (node.properties !== undefined) {
    const required = new Set(node.required)
    return Object.entries(node.properties).flatMap(([key, child]) => {
      const at = path === '' ? key : `${path}.${key}`
      return [...headOf(child, at, required.has(key)), ...rowsOf(child, at)]
    })
  }
  return node.items === undefined ? [] : rowsOf(node.items, `${path}[]`)
}

function headOf(node: Node, path: string, required: boolean): string[] {
  const isBranch = node.properties !== undefined || node.anyOf?.some((branch) => branch.type === 'object')
  if (isBranch && node.description === undefined) return []
  const fallback =
    node.default === undefined ? (required ? '**required**' : '') : `\`${JSON.stringify(node.default)}\``
  const shown = isBranch && node.default !== undefined ? '' : fallback
  return [
    `| \`${path}\` | ${wantedOf(node)} | ${shown} | ${(node.description ?? '').replaceAll('|', '\\|')} |`,
  ]
}

function wantedOf(node: Node): string {
  if (node.expects !== undefined) return node.expects
  if (node.const !== undefined) return `\`${JSON.stringify(node.const)}\``
  if (node.enum !== undefined) return node.enum.map((one) => `\`${JSON.stringify(one)}\``).join(', ')
  if (node.anyOf !== undefined) return [...new Set(node.anyOf.map(wantedOf))].join(', ')
  switch (node.type) {
    case 'object':
      return 'map'
    case 'array':
      return 'list'
    case 'string':
      return 'text'
    case 'integer':
    case 'number':
      return `${node.type}${rangeOf(node)}`
    default:
      return node.type ?? 'any'
  }
}

function rangeOf({ minimum, maximum }: Node): string {
  if (minimum === undefined && maximum === undefined) return ''
  return ` ${minimum ?? ''}…${maximum ?? ''}`
}
