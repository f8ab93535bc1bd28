import type { NodeDraft, TreeNode, TreeProblem } from '#contract/api/tree.ts'
import {
  type AttributeName,
  attributesOf,
  gatewayKinds,
  type NodeKind,
  numberRanges,
  type RoomType,
  type Stage,
} from '#contract/organisation.ts'

type TextField = Exclude<AttributeName, 'stages' | 'roomType'>

/** A place as it stands in the form: text, as a person typed it. */
export type Draft = {
  readonly id: string
  readonly kind: NodeKind
  /** Empty is the top. */
  readonly parent: string
  readonly titleZh: string
  readonly titleEn: string
  /** 1 is the first among its siblings; empty leaves it where it is, or puts it last. */
  readonly order: string
  readonly gateways: string
  readonly stages: readonly Stage[]
  readonly roomType: RoomType | ''
} & Readonly<Record<TextField, string>>

const none: Omit<Draft, 'kind' | 'parent'> = {
  ...{ id: '', titleZh: '', titleEn: '', order: '', gateways: '', stages: [], roomType: '' as const },
  ...{ schoolCode: '', people: '', areaM2: '', floors: '', level: '', footprint: '' },
}

export function newDraft(kind: NodeKind, parent: string): Draft {
  return { ...none, kind, parent }
}

export function draftOf(node: TreeNode): Draft {
  const text = (value: number | undefined): string => (value === undefined ? '' : String(value))
  return {
    id: node.id,
    kind: node.kind,
    parent: node.parent ?? '',
    titleZh: node.title.zh ?? '',
    titleEn: node.title.en ?? '',
    order: text(node.order + 1),
    gateways: node.gateways.join(' '),
    stages: node.stages ?? [],
    roomType: node.roomType ?? '',
    schoolCode: node.schoolCode ?? '',
    people: text(node.people),
    areaM2: text(node.areaM2),
    floors: text(node.floors),
    level: text(node.level),
    footprint: node.footprint === undefined ? '' : JSON.stringify(node.footprint),
  }
}

export type Written =
  | { readonly ok: true; readonly id: string; readonly body: NodeDraft }
  | { readonly ok: false; readonly problems: readonly TreeProblem[] }

const ranges = { ...numberRanges, order: { minimum: 1, maximum: 100_000 } }
const wholeNumber = /^-?\d{1,9}$/
const anyNumber = /^\d{1,9}(\.\d{1,3})?$/

/** What goes to the server, or every field that cannot. Fields of other kinds stay behind. Pure. */
export function bodyOf(draft: Draft, was: Pick<TreeNode, 'order' | 'parent'> | undefined): Written {
  const { id, kind, parent, stages, roomType } = draft
  const problems: TreeProblem[] = []
  const wrong = (field: string, found: string, code: TreeProblem['code'] = 'value-invalid'): undefined => {
    problems.push({ code, field, params: { found } })
  }
  const number = (field: keyof typeof ranges, pattern = wholeNumber) => {
    const text = draft[field].trim()
    if (text === '') return undefined
    const { minimum, maximum } = ranges[field]
    const isFine = pattern.test(text) && Number(text) >= minimum && Number(text) <= maximum
    return isFine ? Number(text) : wrong(field, text)
  }
  const outline = () => {
    const text = draft.footprint.trim()
    return text === '' ? undefined : (outlineOf(text) ?? wrong('footprint', text.slice(0, 40)))
  }
  if (!/^[a-z0-9][a-z0-9-]{1,62}$/.test(id)) wrong('id', id, 'id-invalid')
  const attributes: { [Name in AttributeName]: () => unknown } = {
    schoolCode: () => draft.schoolCode.trim() || undefined,
    stages: () => (stages.length === 0 ? undefined : stages),
    people: () => number('people'),
    areaM2: () => number('areaM2', anyNumber),
    floors: () => number('floors'),
    level: () => number('level'),
    roomType: () => roomType || undefined,
    footprint: outline,
  }
  const known = attributesOf[kind].map((name) => [name, attributes[name]()] as const)
  const order = number('order')
  // The number of a place counts among its siblings: it means nothing among others.
  const isSame = was !== undefined && (was.parent ?? '') === parent && order === was.order + 1
  const body = {
    kind,
    title: titleOf(draft),
    ...(parent === '' ? {} : { parent }),
    ...(order === undefined || isSame ? {} : { order: order - 1 }),
    ...(gatewayKinds.includes(kind) ? { gateways: draft.gateways.split(/[\s,，;；]+/).filter(Boolean) } : {}),
    ...Object.fromEntries(known.filter(([, value]) => value !== undefined)),
  }
  // The server checks what the numbers and words mean.
  return problems.length > 0 ? { ok: false, problems } : { ok: true, id, body: body as NodeDraft }
}

function titleOf({ titleZh, titleEn }: Draft): NodeDraft['title'] {
  const [zh, en] = [titleZh.trim(), titleEn.trim()]
  return { ...(zh === '' ? {} : { zh }), ...(en === '' ? {} : { en }) }
}

/** What is in it is for the server; what drawing programs write beside it is left out. */
function outlineOf(text: string): unknown {
  try {
    const { type, coordinates } = JSON.parse(text) as Record<string, unknown>
    const isOutline = (type === 'Polygon' || type === 'MultiPolygon') && Array.isArray(coordinates)
    return isOutline ? { type, coordinates } : undefined
  } catch {
    return undefined
  }
}
