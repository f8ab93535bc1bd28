import { Compile } from 'typebox/compile'
import { NodeAttributes, NodeId, NodeKindWord, type TreeProblem } from '#contract/api/tree.ts'
import { type AttributeName, attributeNames, type NodeKind } from '#contract/organisation.ts'
import { LocalText } from '#contract/text.ts'
import { footprintProblem, rounded } from './footprint.ts'
import type { Organisation, OrgNode } from './organisation.ts'

/** The columns of a file, and the keys of an entry. */
export const fileFields = [
  'id',
  'kind',
  'parent',
  'titleZh',
  'titleEn',
  ...attributeNames,
  'gateways',
  'devices',
] as const
export type FileField = (typeof fileFields)[number]

export type Where = Pick<TreeProblem, 'row' | 'path' | 'line'>

/** One place as a file has it, nothing checked yet. */
export type FileEntry = {
  readonly values: Readonly<Partial<Record<FileField, unknown>>>
  /** Where it stands in the file, for people. */
  readonly where: (field?: string) => Where
}

export type FileContent = {
  readonly entries: readonly FileEntry[]
  /** What the file says something about; the rest stays as it is. */
  readonly speaksOf: ReadonlySet<FileField>
  readonly problems: readonly TreeProblem[]
}

/** The tree that a file asks for. */
export type WantedTree = Organisation & {
  readonly problems: readonly TreeProblem[]
  /** The same problem with its place in the file. */
  readonly located: (problem: TreeProblem) => TreeProblem
  /** Places that could not be read: what hangs on them is not wrong for that. */
  readonly broken: ReadonlySet<string>
}

export const maxNodes = 20_000

/** Compiled once: a file asks thousands of times. */
const checks = {
  id: Compile(NodeId),
  kind: Compile(NodeKindWord),
  titleZh: Compile(LocalText.properties.zh),
  titleEn: Compile(LocalText.properties.en),
  schoolCode: Compile(NodeAttributes.schoolCode),
  stages: Compile(NodeAttributes.stages),
  people: Compile(NodeAttributes.people),
  areaM2: Compile(NodeAttributes.areaM2),
  floors: Compile(NodeAttributes.floors),
  level: Compile(NodeAttributes.level),
  roomType: Compile(NodeAttributes.roomType),
  footprint: Compile(NodeAttributes.footprint),
}

/** Checks every value of a file by itself; what the values mean together is for the judge. Pure. */
export function readTree(content: FileContent, current: Organisation): WantedTree {
  const { speaksOf } = content
  const before = new Map(current.nodes.map((node) => [node.id, node]))
  const problems = [...content.problems]
  const found = new Map<string, FileEntry>()
  const broken = new Set<string>()
  const nodes: OrgNode[] = []
  const places = { gateways: new Map<string, string>(), devices: new Map<string, string>() }
  for (const entry of content.entries) {
    const note: Note = (code, field, params = {}) => {
      const { id } = entry.values
      const node = typeof id === 'string' && id !== '' ? { node: id } : {}
      problems.push({ code, ...node, field, params, ...entry.where(field) })
    }
    const id = readId(entry, note, found)
    const kind = readKind(entry, note)
    if (id === undefined) continue
    found.set(id, entry)
    if (kind === undefined) {
      broken.add(id)
      continue
    }
    nodes.push(nodeOf({ id, kind, entry, note, speaksOf, before: before.get(id) }))
    for (const what of ['gateways', 'devices'] as const)
      placeAll({ what, id, entry, note, into: places[what] })
  }
  if (nodes.length > maxNodes)
    problems.push({ code: 'too-many', params: { found: nodes.length, max: maxNodes } })
  return {
    nodes,
    gateways: speaksOf.has('gateways') ? places.gateways : current.gateways,
    devices: speaksOf.has('devices') ? places.devices : current.devices,
    problems,
    broken,
    located: (problem) => ({ ...problem, ...found.get(problem.node ?? '')?.where(problem.field) }),
  }
}

type Note = (code: TreeProblem['code'], field: string, params?: TreeProblem['params']) => void

function readId({ values }: FileEntry, note: Note, found: ReadonlyMap<string, FileEntry>) {
  const { id } = values
  if (typeof id !== 'string' || !checks.id.Check(id)) {
    note('id-invalid', 'id', { found: shortText(id) })
    return undefined
  }
  const first = found.get(id)
  if (first === undefined) return id
  const { row, path = '' } = first.where('id')
  note('id-twice', 'id', { first: row ?? path })
  return undefined
}

function readKind({ values: { kind } }: FileEntry, note: Note): NodeKind | undefined {
  if (checks.kind.Check(kind)) return kind as NodeKind
  note('value-invalid', 'kind', { found: shortText(kind) })
  return undefined
}

type Reading = {
  readonly id: string
  readonly kind: NodeKind
  readonly entry: FileEntry
  readonly note: Note
  readonly speaksOf: ReadonlySet<FileField>
  readonly before: OrgNode | undefined
}

function nodeOf({ id, kind, entry, note, speaksOf, before }: Reading): OrgNode {
  const { values } = entry
  const title: { zh?: string; en?: string } = {}
  for (const [field, language] of [
    ['titleZh', 'zh'],
    ['titleEn', 'en'],
  ] as const) {
    const value = speaksOf.has(field) ? values[field] : before?.title[language]
    if (value === undefined) continue
    if (typeof value === 'string' && checks[field].Check(value)) {
      if (value.trim() !== '') title[language] = value.trim()
    } else note('value-invalid', field, { found: shortText(value) })
  }
  const parent = speaksOf.has('parent') ? values.parent : before?.parent
  const attributes = attributeNames.flatMap((name): [AttributeName, unknown][] => {
    if (!speaksOf.has(name)) return before?.[name] === undefined ? [] : [[name, before[name]]]
    const value = values[name]
    if (value === undefined) return []
    if (checks[name].Check(value)) return [[name, tidy(name, value)]]
    note('value-invalid', name, { found: shortText(value) })
    return []
  })
  return {
    id,
    kind,
    title,
    ...(parent === undefined ? {} : { parent: String(parent) }),
    ...Object.fromEntries(attributes),
  }
}

function tidy(name: AttributeName, value: unknown): unknown {
  if (name !== 'footprint') return value
  const outline = value as NonNullable<OrgNode['footprint']>
  return footprintProblem(outline) === undefined ? rounded(outline) : outline
}

type Placing = {
  readonly what: 'gateways' | 'devices'
  readonly id: string
  readonly entry: FileEntry
  readonly note: Note
  readonly into: Map<string, string>
}

/** What stands at this place; nothing stands at two. */
function placeAll({ what, id, entry, note, into }: Placing): void {
  const list = entry.values[what]
  if (list === undefined) return
  if (!Array.isArray(list) || !list.every((one): one is string => typeof one === 'string')) {
    note('value-invalid', what, { found: shortText(list) })
    return
  }
  for (const one of list) {
    const other = into.get(one)
    if (other === undefined) into.set(one, id)
    else if (what === 'gateways') note('gateway-twice', what, { gateway: one, other })
    else note('device-twice', what, { device: one, other })
  }
}

/** What was found, short enough for a line. */
export function shortText(value: unknown): string {
  const text = typeof value === 'string' ? value : value === undefined ? '' : (JSON.stringify(value) ?? '')
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}
