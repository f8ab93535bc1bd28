import { type App, answers } from '#cloud/http/app.ts'
import { Tree, type TreeNode } from '#contract/api/tree.ts'
import type { LocalText } from '#contract/text.ts'

export type Campus = {
  readonly id: string
  readonly title: LocalText
  readonly schoolCode?: string
  readonly gateways: readonly string[]
}

export type Organisation = {
  readonly bureau?: { readonly id: string; readonly title: LocalText }
  readonly campuses: readonly Campus[]
}

export type KnownGateway = { readonly id: string; readonly title: LocalText }

/** `GET /tree`. Until the organisation has its own store, it is what the configuration says. */
export function treeRoutes(api: App, organisation: Organisation, gateways: readonly KnownGateway[]): void {
  const nodes = treeOf(organisation, gateways)
  api.get(
    '/tree',
    {
      schema: {
        operationId: 'getTree',
        summary: 'The organisation',
        tags: ['tree'],
        response: answers(Tree),
      },
    },
    async () => ({ nodes }),
  )
}

/** Parents first. A gateway that stands on no configured campus is a campus of its own. Pure. */
export function treeOf({ bureau, campuses }: Organisation, gateways: readonly KnownGateway[]): TreeNode[] {
  const parent = bureau === undefined ? {} : { parent: bureau.id }
  const placed = new Set(campuses.flatMap((campus) => campus.gateways))
  const own = gateways
    .filter(({ id }) => !placed.has(id))
    .map(({ id, title }) => ({ id, title, gateways: [id] }))
  return [
    ...(bureau === undefined ? [] : [{ ...bureau, kind: 'bureau' as const, gateways: [] }]),
    ...[...campuses, ...own].map((campus) => ({
      ...campus,
      ...parent,
      kind: 'campus' as const,
      gateways: [...campus.gateways],
    })),
  ]
}
