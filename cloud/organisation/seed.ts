import { wrongParts } from '#contract/school-code.ts'
import type { LocalText } from '#contract/text.ts'
import type { Organisation, OrgNode } from './organisation.ts'

/** The part of cloud.yaml that fills an empty tree. */
export type ConfiguredOrganisation = {
  readonly bureau?: { readonly id: string; readonly title: LocalText }
  readonly campuses: readonly {
    readonly id: string
    readonly title: LocalText
    readonly schoolCode?: string
    readonly gateways: readonly string[]
  }[]
  readonly gateways: readonly { readonly id: string; readonly title: LocalText }[]
}

/**
 * The first tree: a gateway that stands on no configured campus gets a campus of its own. Codes that are none are left out
 * and told, because a tree with them could not be changed any more. Pure.
 */
export function seedOf({ bureau, campuses, gateways }: ConfiguredOrganisation): {
  readonly tree: Organisation
  readonly leftOut: readonly { readonly id: string; readonly schoolCode: string }[]
} {
  const parent = bureau === undefined ? {} : { parent: bureau.id }
  const taken = new Set([...(bureau === undefined ? [] : [bureau.id]), ...campuses.map(({ id }) => id)])
  const placed = new Set(campuses.flatMap((campus) => campus.gateways))
  const own = gateways
    .filter(({ id }) => !placed.has(id) && !taken.has(id))
    .map(({ id, title }) => ({ id, title, gateways: [id] }))
  const all: ConfiguredOrganisation['campuses'] = [...campuses, ...own]
  const isCode = (code: string | undefined): code is string =>
    code !== undefined && wrongParts(code).length === 0
  const nodes: OrgNode[] = [
    ...(bureau === undefined ? [] : [{ id: bureau.id, kind: 'bureau' as const, title: named(bureau) }]),
    ...all.map(({ schoolCode, ...campus }) => ({
      id: campus.id,
      kind: 'campus' as const,
      title: named(campus),
      ...parent,
      ...(isCode(schoolCode) ? { schoolCode } : {}),
    })),
  ]
  return {
    tree: {
      nodes,
      gateways: new Map(
        all.flatMap(({ id, gateways: here }) => here.map((gateway) => [gateway, id] as const)),
      ),
      devices: new Map(),
    },
    leftOut: all.flatMap(({ id, schoolCode }) =>
      schoolCode === undefined || isCode(schoolCode) ? [] : [{ id, schoolCode }],
    ),
  }
}

/** A place has a name; where nobody gave one it is the id. */
function named({ id, title }: { readonly id: string; readonly title: LocalText }): LocalText {
  return title.zh || title.en ? title : { en: id }
}
