import { Type } from 'typebox'
import { type App, answers, errorAnswers } from '#cloud/http/app.ts'
import { fileOf } from '#cloud/http/file-of.ts'
import { aboutDevice, aboutNode } from '#cloud/http/guard.ts'
import { closed, GatewayId } from '#contract/api/common.ts'
import {
  DevicePlace,
  ExportQuery,
  ImportQuery,
  NodeDraft,
  NodeId,
  Tree,
  TreeImport,
  TreeNode,
} from '#contract/api/tree.ts'
import type { OrganisationService } from './organisation-service.ts'
import { planRoutes } from './plan-routes.ts'
import type { FileFormat } from './read-file.ts'

const tags = ['tree']
const needs = 'organisation.change'
const NodePath = Type.Object({ id: NodeId }, closed)
const DevicePath = Type.Object({ gateway: GatewayId, device: GatewayId }, closed)

const mediaTypes: Readonly<Record<FileFormat, string>> = { csv: 'text/csv', yaml: 'application/yaml' }
/** As CSV more than 20,000 places, as YAML half of that: reading it keeps the process busy for a second or two. */
const maxFileBytes = 2 * 1024 * 1024

/** The organisation: everybody may look at his part, an administrator changes his. */
export function organisationRoutes(api: App, organisation: OrganisationService): void {
  api.get(
    '/tree',
    {
      schema: {
        operationId: 'getTree',
        summary: 'The organisation',
        ...{ tags, response: answers(Tree) },
      },
    },
    async ({ access }) => organisation.tree(access),
  )

  api.get(
    '/tree/export',
    {
      schema: {
        operationId: 'exportTree',
        summary: 'The organisation as a file that can be imported again',
        produces: Object.values(mediaTypes),
        ...{ tags, querystring: ExportQuery, response: answers(Type.String()) },
      },
    },
    async ({ query: { format }, access }, reply) => {
      const file = await organisation.export(format, access)
      return reply
        .type(`${mediaTypes[format]}; charset=utf-8`)
        .header('content-disposition', `attachment; filename="tree.${format}"`)
        .send(file)
    },
  )

  api.put(
    '/tree/nodes/:id',
    {
      config: { needs, about: 'handler', audit: 'tree.node-put' },
      schema: {
        operationId: 'putNode',
        summary: 'Make a place or change it: what the body does not say, the place has not',
        ...{ tags, params: NodePath, body: NodeDraft, response: answers(TreeNode) },
      },
    },
    async (request) => organisation.putNode(request.params.id, request.body, request),
  )

  api.delete(
    '/tree/nodes/:id',
    {
      config: { needs, about: aboutNode, audit: 'tree.node-deleted' },
      schema: {
        operationId: 'deleteNode',
        summary: 'Delete a place that nothing hangs on',
        ...{ tags, params: NodePath, response: { 204: Type.Null(), ...errorAnswers } },
      },
    },
    async (request, reply) => {
      await organisation.deleteNode(request.params.id, request)
      return reply.code(204).send(null)
    },
  )

  api.put(
    '/devices/:gateway/:device/place',
    {
      config: { needs, about: aboutDevice, audit: 'device.placed' },
      schema: {
        operationId: 'placeDevice',
        summary: 'Say at which place of the organisation a device stands',
        ...{ tags, params: DevicePath, body: DevicePlace, response: answers(DevicePlace) },
      },
    },
    async (request) => {
      const { gateway, device } = request.params
      await organisation.placeDevice(`${gateway}/${device}`, request.body, request)
      return request.body
    },
  )

  // Scopes of their own: nothing else takes a file or a picture.
  for (const routes of [importRoute, planRoutes]) {
    api.register((scope: App, _options, done) => {
      routes(scope, organisation)
      done()
    })
  }
}

function importRoute(api: App, organisation: OrganisationService): void {
  api.removeAllContentTypeParsers()
  api.addContentTypeParser(
    Object.values(mediaTypes),
    { parseAs: 'buffer', bodyLimit: maxFileBytes },
    (_request, body, done) => done(null, body),
  )
  api.post(
    '/tree/import',
    {
      // The file is the whole tree.
      config: { needs, everywhere: true, audit: 'tree.imported' },
      bodyLimit: maxFileBytes,
      schema: {
        operationId: 'importTree',
        summary: 'Replace the organisation by a file, or say what that would change',
        description:
          'A dry run unless `dryRun=false`. The file is the whole tree. Nothing is applied while there is a problem.',
        consumes: Object.values(mediaTypes),
        ...{ tags, querystring: ImportQuery, body: Type.Unknown(), response: answers(TreeImport) },
      },
    },
    async (request) => {
      const { dryRun = true, digest } = request.query
      const format = request.headers['content-type']?.startsWith(mediaTypes.csv) ? 'csv' : 'yaml'
      return organisation.import(format, fileOf(request.body), { dryRun, digest, audit: request.audit })
    },
  )
}
