import type { TreeProblem } from '#contract/api/tree.ts'
import {
  attributeNames,
  attributesOf,
  cameraCategory,
  gatewayKinds,
  isPrivateRoom,
  parentKinds,
} from '#contract/organisation.ts'
import { wrongParts } from '#contract/school-code.ts'
import { footprintProblem } from './footprint.ts'
import type { Inventory, Organisation, OrgNode } from './organisation.ts'

type ById = ReadonlyMap<string, OrgNode>

/** The one judge of what may be kept: every rule that the tree breaks, each with the place it is about. Pure. */
export function judge({ nodes, gateways, devices }: Organisation, inventory: Inventory): TreeProblem[] {
  const byId: ById = new Map(nodes.map((node) => [node.id, node]))
  return [
    ...nodes.flatMap((node) => [...ownProblems(node), ...parentProblems(node, byId)]),
    ...levelProblems(nodes),
    ...[...gateways].flatMap(([gateway, place]) => gatewayProblems({ gateway, place }, byId, inventory)),
    ...[...devices].flatMap(([device, place]) => deviceProblems({ device, place }, byId, inventory)),
  ]
}

/** Problems that were not there before: what somebody else left behind is not held against this change. Pure. */
export function newProblems(before: readonly TreeProblem[], after: readonly TreeProblem[]): TreeProblem[] {
  const known = new Set(before.map((problem) => JSON.stringify(problem)))
  return after.filter((problem) => !known.has(JSON.stringify(problem)))
}

function ownProblems(node: OrgNode): TreeProblem[] {
  const { id, kind, title, schoolCode, footprint } = node
  const problems: TreeProblem[] = []
  const note = (code: TreeProblem['code'], field: string, params: TreeProblem['params'] = {}) =>
    problems.push({ code, node: id, field, params })
  if (!title.zh && !title.en) note('title-missing', 'title')
  for (const name of attributeNames) {
    if (node[name] !== undefined && !attributesOf[kind].includes(name)) note('not-for-kind', name, { kind })
  }
  for (const { part, found } of schoolCode === undefined ? [] : wrongParts(schoolCode))
    note(`school-code-${part}`, 'schoolCode', { found })
  const outline = footprint === undefined ? undefined : footprintProblem(footprint)
  if (outline !== undefined) note(outline.code, 'footprint', outline.params)
  return problems
}

/** Kinds stand under larger ones only, so that what hangs in a loop has a wrong kind above it somewhere. */
function parentProblems({ id, kind, parent }: OrgNode, byId: ById): TreeProblem[] {
  const above = parent === undefined ? undefined : byId.get(parent)
  const at = { node: id, field: 'parent' }
  if (parent !== undefined && above === undefined)
    return [{ code: 'parent-unknown', ...at, params: { parent } }]
  if (!parentKinds[kind].includes(above?.kind ?? null))
    return [{ code: 'parent-kind', ...at, params: { kind, parentKind: above?.kind ?? 'top' } }]
  return []
}

/** Two floors of a building with the same number are one too many. */
function levelProblems(nodes: readonly OrgNode[]): TreeProblem[] {
  const seen = new Map<string, string>()
  return nodes.flatMap((node): TreeProblem[] => {
    if (node.kind !== 'floor' || node.level === undefined) return []
    const key = `${node.parent}/${node.level}`
    const other = seen.get(key)
    if (other === undefined) seen.set(key, node.id)
    const params = { level: node.level, other: other ?? '' }
    return other === undefined ? [] : [{ code: 'level-twice', node: node.id, field: 'level', params }]
  })
}

type GatewayAt = { readonly gateway: string; readonly place: string }

function gatewayProblems({ gateway, place }: GatewayAt, byId: ById, inventory: Inventory): TreeProblem[] {
  const node = byId.get(place)
  const at = { node: place, field: 'gateways' }
  if (node === undefined) return [{ code: 'place-unknown', ...at, params: { what: gateway, place } }]
  if (!inventory.gateways.has(gateway)) return [{ code: 'gateway-unknown', ...at, params: { gateway } }]
  return gatewayKinds.includes(node.kind)
    ? []
    : [{ code: 'gateway-kind', ...at, params: { gateway, kind: node.kind } }]
}

type DeviceAt = { readonly device: string; readonly place: string }

function deviceProblems({ device, place }: DeviceAt, byId: ById, inventory: Inventory): TreeProblem[] {
  const node = byId.get(place)
  const category = inventory.devices.get(device)
  const at = { node: place, field: 'devices' }
  if (node === undefined) return [{ code: 'place-unknown', ...at, params: { what: device, place } }]
  if (category === undefined) return [{ code: 'device-unknown', ...at, params: { device } }]
  return category === cameraCategory && node.roomType !== undefined && isPrivateRoom(node.roomType)
    ? [{ code: 'camera-private', ...at, params: { device, roomType: node.roomType } }]
    : []
}

/** What hangs on a place that somebody wants to delete. Pure. */
export function holdProblems(id: string, { nodes, gateways, devices }: Organisation): TreeProblem[] {
  const held = {
    'holds-nodes': nodes.filter(({ parent }) => parent === id).map((node) => node.id),
    'holds-gateways': [...gateways].filter(([, place]) => place === id).map(([gateway]) => gateway),
    'holds-devices': [...devices].filter(([, place]) => place === id).map(([device]) => device),
  } as const
  return (Object.keys(held) as (keyof typeof held)[])
    .filter((code) => held[code].length > 0)
    .map((code) => {
      const names = held[code].slice(0, maxNamed).join(', ')
      return { code, node: id, params: { held: held[code].length, names } }
    })
}

/** More would fill a screen. */
const maxNamed = 5
