import { Document, isCollection, isScalar, LineCounter, parseDocument, visit } from 'yaml'
import type { TreeProblem } from '#contract/api/tree.ts'
import { attributeNames } from '#contract/organisation.ts'
import type { Path } from '#lib/explain.ts'
import { lineAt, pathText } from '#lib/load-config.ts'
import { childrenByParent, idsByPlace, type Organisation, type OrgNode } from './organisation.ts'
import { type FileContent, type FileEntry, fileFields, shortText } from './tree-file.ts'

/** The keys of a place in the file: its name is a map, and its parent is what it stands in. */
const known: ReadonlySet<string> = new Set([
  ...fileFields.filter((field) => !['parent', 'titleZh', 'titleEn'].includes(field)),
  'title',
  'children',
])

type Reader = {
  readonly entries: FileEntry[]
  readonly problems: TreeProblem[]
  readonly whereOf: (path: Path) => { path: string; line?: number }
}

/** Places inside places, under `nodes`. What a place does not say, it has not. Pure. */
export function readYaml(text: string): FileContent {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2' })
  const speaksOf = new Set(fileFields)
  if (document.errors.length > 0) {
    const problems = document.errors.slice(0, 20).map(({ message, pos }): TreeProblem => {
      const params = { reason: message.slice(0, 200) }
      return { code: 'file-unreadable', params, line: lines.linePos(pos[0]).line }
    })
    return { entries: [], speaksOf, problems }
  }
  const reader: Reader = {
    entries: [],
    problems: [],
    whereOf: (path) => {
      const line = lineAt(document, lines, path)
      return { path: pathText(path), ...(line === undefined ? {} : { line }) }
    },
  }
  if (hasAlias(document))
    return { entries: [], speaksOf, problems: [{ code: 'file-unreadable', params: { reason: 'alias' } }] }
  const root: unknown = document.toJS() ?? {}
  const { nodes = [], ...rest } = isRecord(root) ? root : { nodes: root }
  for (const key of Object.keys(rest)) noteKey(reader, key, [key])
  readList(reader, nodes, { path: ['nodes'], parent: undefined })
  return { entries: reader.entries, speaksOf, problems: reader.problems }
}

/** `&a` and `*a` let a small file become a huge one, and a tree has no use for them. */
function hasAlias(document: Document): boolean {
  let found = false
  visit(document, {
    Alias() {
      found = true
      return visit.BREAK
    },
  })
  return found
}

type Place = { readonly path: Path; readonly parent: string | undefined }

function readList(reader: Reader, list: unknown, { path, parent }: Place): void {
  if (!Array.isArray(list)) noteValue(reader, list, path)
  else for (const [index, item] of list.entries()) readEntry(reader, item, { path: [...path, index], parent })
}

function readEntry(reader: Reader, item: unknown, { path, parent }: Place): void {
  if (!isRecord(item)) {
    noteValue(reader, item, path)
    return
  }
  const { title, children, ...values } = item
  for (const key of Object.keys(item)) if (!known.has(key)) noteKey(reader, key, [...path, key])
  const names = readTitle(reader, title, [...path, 'title'])
  // Ten digits without quotes are a number to YAML, and none of them begins with 0.
  const schoolCode = typeof values.schoolCode === 'number' ? { schoolCode: String(values.schoolCode) } : {}
  reader.entries.push({
    values: { ...values, ...schoolCode, ...names, ...(parent === undefined ? {} : { parent }) },
    where: (field) => reader.whereOf([...path, ...pathOf(field)]),
  })
  const id = typeof values.id === 'string' ? values.id : shortText(values.id)
  if (children !== undefined) readList(reader, children, { path: [...path, 'children'], parent: id })
}

function readTitle(reader: Reader, title: unknown, path: Path): { titleZh?: unknown; titleEn?: unknown } {
  if (title === undefined) return {}
  if (!isRecord(title)) {
    noteValue(reader, title, path)
    return {}
  }
  const { zh, en, ...rest } = title
  for (const key of Object.keys(rest)) noteKey(reader, key, [...path, key])
  return { ...(zh === undefined ? {} : { titleZh: zh }), ...(en === undefined ? {} : { titleEn: en }) }
}

/** The parent of a place is what it stands in: its own line says so. */
function pathOf(field: string | undefined): Path {
  if (field === undefined || field === 'parent') return []
  return field === 'titleZh' ? ['title', 'zh'] : field === 'titleEn' ? ['title', 'en'] : [field]
}

function noteKey({ problems, whereOf }: Reader, key: string, path: Path): void {
  problems.push({ code: 'key-unknown', params: { found: shortText(key) }, ...whereOf(path) })
}

function noteValue({ problems, whereOf }: Reader, value: unknown, path: Path): void {
  const field = String(path.findLast((part) => typeof part === 'string'))
  problems.push({ code: 'value-invalid', field, params: { found: shortText(value) }, ...whereOf(path) })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const writtenFirst = ['id', 'kind', 'title', ...attributeNames] as const
/** Short enough for one line each. */
const onOneLine: ReadonlySet<unknown> = new Set(['title', 'stages', 'footprint', 'gateways', 'devices'])

/** The file that reads back as the same tree. Pure. */
export function writeYaml({ nodes, gateways, devices }: Organisation): string {
  const children = childrenByParent(nodes)
  const [gatewaysAt, devicesAt] = [idsByPlace(gateways), idsByPlace(devices)]
  const entry = (node: OrgNode): Record<string, unknown> => ({
    ...Object.fromEntries(writtenFirst.map((key) => [key, node[key]])),
    gateways: gatewaysAt.get(node.id),
    devices: devicesAt.get(node.id),
    children: children.get(node.id)?.map(entry),
  })
  const document = new Document(
    { nodes: (children.get(undefined) ?? []).map(entry) },
    { aliasDuplicateObjects: false },
  )
  visit(document, {
    Pair(_, { key, value }) {
      if (isScalar(key) && isCollection(value) && onOneLine.has(key.value)) value.flow = true
    },
  })
  return document.toString({ lineWidth: 0 })
}
