import { Type } from 'typebox'
import { type App, answers, errorAnswers } from '#cloud/http/app.ts'
import { fileOf } from '#cloud/http/file-of.ts'
import { aboutNode } from '#cloud/http/guard.ts'
import { closed } from '#contract/api/common.ts'
import { NodeId, TreeNode } from '#contract/api/tree.ts'
import type { OrganisationService } from './organisation-service.ts'

const tags = ['tree']
const config = { needs: 'organisation.change', about: aboutNode } as const
const NodePath = Type.Object({ id: NodeId }, closed)
const pictures = ['image/png', 'image/jpeg']
/** A scan of an A3 sheet at 200 dpi, and more. */
const maxPlanBytes = 4 * 1024 * 1024

/** The drawing of a floor. A scope of its own: nothing else takes a picture. */
export function planRoutes(api: App, organisation: OrganisationService): void {
  api.removeAllContentTypeParsers()
  api.addContentTypeParser(pictures, { parseAs: 'buffer', bodyLimit: maxPlanBytes }, (_request, body, done) =>
    done(null, body),
  )

  api.get(
    '/tree/nodes/:id/plan',
    {
      config: { about: aboutNode },
      schema: {
        operationId: 'getFloorPlan',
        summary: 'The drawing of a floor',
        produces: pictures,
        ...{ tags, params: NodePath, response: { 304: Type.Null(), ...answers(Type.Unknown()) } },
      },
    },
    async ({ params, headers }, reply) => {
      const { type, content, digest } = await organisation.plan(params.id)
      const etag = `"${digest}"`
      reply.header('etag', etag).header('cache-control', 'private, no-cache')
      if (headers['if-none-match'] === etag) return reply.code(304).send(null)
      return reply.type(type).send(Buffer.from(content))
    },
  )

  api.put(
    '/tree/nodes/:id/plan',
    {
      config: { ...config, audit: 'tree.plan-put' },
      bodyLimit: maxPlanBytes,
      schema: {
        operationId: 'putFloorPlan',
        summary: 'Give a floor its drawing, a PNG or JPEG of at most 4 MB',
        consumes: pictures,
        ...{ tags, params: NodePath, body: Type.Unknown(), response: answers(TreeNode) },
      },
    },
    async (request) => {
      return organisation.putPlan(request.params.id, fileOf(request.body), request.audit)
    },
  )

  api.delete(
    '/tree/nodes/:id/plan',
    {
      config: { ...config, audit: 'tree.plan-deleted' },
      schema: {
        operationId: 'deleteFloorPlan',
        summary: 'Take the drawing of a floor away',
        ...{ tags, params: NodePath, response: { 204: Type.Null(), ...errorAnswers } },
      },
    },
    async (request, reply) => {
      await organisation.deletePlan(request.params.id, request.audit)
      return reply.code(204).send(null)
    },
  )
}
