import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { TreeChange } from '#contract/api/tree.ts'
import { attributeNames } from '#contract/organisation.ts'
import { vertexCount } from './footprint.ts'
import { childrenByParent, type Organisation, type OrgNode, parentsFirst } from './organisation.ts'

type Field = TreeChange['fields'][number]

/** Every difference between two trees, old and new, in the order in which a person reads a tree. Pure. */
export function planChanges(before: Organisation, after: Organisation): TreeChange[] {
  const old = new Map(before.nodes.map((node) => [node.id, node]))
  const stay = new Set(after.nodes.map(({ id }) => id))
  return [
    ...parentsFirst(after.nodes).flatMap((node) => nodeChanges(old.get(node.id), node)),
    ...orderChanges(before.nodes, after.nodes),
    ...placeChanges('gateway', before.gateways, after.gateways),
    ...placeChanges('device', before.devices, after.devices),
    ...parentsFirst(before.nodes)
      .toReversed()
      .filter(({ id }) => !stay.has(id))
      .map((node): TreeChange => ({ op: 'delete', ...nameOf(node), fields: [] })),
  ]
}

/** Names exactly these changes. */
export function digestOf(changes: readonly TreeChange[]): string {
  return createHash('sha256').update(JSON.stringify(changes)).digest('hex')
}

function nodeChanges(before: OrgNode | undefined, after: OrgNode): TreeChange[] {
  const fields = fieldsOf(before, after)
  if (before === undefined) return [{ op: 'create', ...nameOf(after), fields }]
  const moved = fields.filter(({ field }) => field === 'parent')
  const changed = fields.filter(({ field }) => field !== 'parent')
  return [
    ...(moved.length === 0 ? [] : [{ op: 'move' as const, ...nameOf(after), fields: moved }]),
    ...(changed.length === 0 ? [] : [{ op: 'update' as const, ...nameOf(after), fields: changed }]),
  ]
}

function nameOf({ id, title }: OrgNode) {
  return { what: 'node' as const, id, title }
}

function fieldsOf(before: OrgNode | undefined, after: OrgNode): Field[] {
  const pairs: [string, unknown, unknown][] = [
    ['kind', before?.kind, after.kind],
    ['parent', before?.parent, after.parent],
    ['titleZh', before?.title.zh, after.title.zh],
    ['titleEn', before?.title.en, after.title.en],
    ...attributeNames.map((name): [string, unknown, unknown] => [name, before?.[name], after[name]]),
  ]
  return pairs
    .filter(([, from, to]) => from !== to && !isDeepStrictEqual(from, to))
    .map(([field, from, to]) => ({ field, ...shown('from', from), ...shown('to', to) }))
}

/** An outline as its shape and the number of its corners; what is absent stays absent. */
function shown(key: 'from' | 'to', value: unknown): Partial<Field> {
  if (value === undefined) return {}
  const isOutline = typeof value === 'object' && value !== null && 'coordinates' in value
  if (!isOutline) return { [key]: value }
  const outline = value as NonNullable<OrgNode['footprint']>
  return { [key]: { type: outline.type, vertices: vertexCount(outline) } }
}

/** What stayed under the same parent and stands in another order now. Who came, left or moved is told above. */
function orderChanges(before: readonly OrgNode[], after: readonly OrgNode[]): TreeChange[] {
  const were = childrenByParent(before)
  return [...childrenByParent(after)].flatMap(([parent, children]): TreeChange[] => {
    const ids = (nodes: readonly OrgNode[], others: readonly OrgNode[]) => {
      const known = new Set(others.map(({ id }) => id))
      return nodes.filter(({ id }) => known.has(id)).map(({ id }) => id)
    }
    const siblings = were.get(parent) ?? []
    const [from, to] = [ids(siblings, children), ids(children, siblings)]
    if (isDeepStrictEqual(from, to)) return []
    const about = parent === undefined ? {} : { id: parent }
    return [{ op: 'reorder', what: 'node', ...about, fields: [{ field: 'children', from, to }] }]
  })
}

type Places = ReadonlyMap<string, string>

function placeChanges(what: 'gateway' | 'device', before: Places, after: Places): TreeChange[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((id) => before.get(id) !== after.get(id))
    .sort()
    .map((id) => ({
      op: 'place',
      what,
      id,
      fields: [{ field: 'place', ...shown('from', before.get(id)), ...shown('to', after.get(id)) }],
    }))
}
