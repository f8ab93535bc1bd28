import { Type } from 'typebox'
import { type App, answers } from '#cloud/http/app.ts'
import { badRequest } from '#cloud/http/bad-request.ts'
import { aboutGateway, requireCaller } from '#cloud/http/guard.ts'
import { closed, GatewayId } from '#contract/api/common.ts'
import {
  ConfigCheck,
  ConfigChecked,
  ConfigDraft,
  ConfigRollback,
  GatewayConfiguration,
  StoredConfig,
} from '#contract/api/configuration.ts'
import { AppError } from '#contract/errors.ts'
import type { ConfigService } from './config-service.ts'

const tags = ['configuration']
const about = { about: aboutGateway }
const manage = { ...about, needs: 'gateways.manage' } as const
/** A content may be half of it; the service says so in better words. */
const bodyLimit = 1024 * 1024
const GatewayPath = Type.Object({ id: GatewayId }, closed)
const VersionPath = Type.Object(
  { id: GatewayId, version: Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 }) },
  closed,
)
const IfMatch = Type.Object({ 'if-match': Type.Optional(Type.String({ maxLength: 40 })) })

export type ConfigRoutesOptions = {
  readonly configs: ConfigService
  readonly isGateway: (gateway: string) => Promise<boolean>
}

/** The configuration of one gateway: what is wanted, what runs, who changed it. */
export function configRoutes(api: App, { configs, isGateway }: ConfigRoutesOptions): void {
  async function known(id: string): Promise<string> {
    if (!(await isGateway(id))) throw new AppError('NOT_FOUND', `there is no gateway ${id}`)
    return id
  }

  api.get(
    '/gateways/:id/config',
    {
      config: about,
      schema: {
        operationId: 'getGatewayConfig',
        summary: 'The configuration that is wanted, what became of it, the differences, and the versions',
        ...{ tags, params: GatewayPath, response: answers(GatewayConfiguration) },
      },
    },
    async ({ params }, reply) => {
      const view = await configs.view(await known(params.id))
      return reply.header('etag', `"${view.version}"`).send(view)
    },
  )

  api.put(
    '/gateways/:id/config',
    {
      bodyLimit,
      config: { ...manage, audit: 'config.put' },
      schema: {
        operationId: 'putGatewayConfig',
        summary:
          'Give the gateway another configuration; every problem is told at once and nothing is sent then',
        description: '`If-Match` with the version does the same as `baseVersion`.',
        ...{ tags, params: GatewayPath, headers: IfMatch, body: ConfigDraft },
        response: answers(GatewayConfiguration),
      },
    },
    async (request) => {
      const { params, body, headers, audit } = request
      refuseOtherMatch(headers['if-match'], body.baseVersion)
      return await configs.put(await known(params.id), body, requireCaller(request).user, audit)
    },
  )

  api.post(
    '/gateways/:id/config/check',
    {
      bodyLimit,
      config: { ...manage, audit: 'config.checked' },
      schema: {
        operationId: 'checkGatewayConfig',
        summary: 'What would be wrong with a configuration and what would be different; nothing is changed',
        ...{ tags, params: GatewayPath, body: ConfigCheck, response: answers(ConfigChecked) },
      },
    },
    async ({ params, body }) => configs.check(await known(params.id), body.content),
  )

  api.post(
    '/gateways/:id/config/rollback',
    {
      config: { ...manage, audit: 'config.rolled-back' },
      schema: {
        operationId: 'rollbackGatewayConfig',
        summary: 'Make a new version with the content of an old one; 0 is the own file of the gateway alone',
        ...{ tags, params: GatewayPath, body: ConfigRollback, response: answers(GatewayConfiguration) },
      },
    },
    async (request) =>
      configs.rollback(
        await known(request.params.id),
        request.body,
        requireCaller(request).user,
        request.audit,
      ),
  )

  api.get(
    '/gateways/:id/config/versions/:version',
    {
      config: about,
      schema: {
        operationId: 'getGatewayConfigVersion',
        summary: 'One version with its content',
        ...{ tags, params: VersionPath, response: answers(StoredConfig) },
      },
    },
    async ({ params }) => configs.stored(await known(params.id), params.version),
  )
}

function refuseOtherMatch(given: string | undefined, baseVersion: number): void {
  if (
    given === undefined ||
    given === '*' ||
    given.replace(/^W\//, '').replaceAll('"', '') === `${baseVersion}`
  )
    return
  throw badRequest([
    { path: 'header/if-match', message: `is not version ${baseVersion} of body/baseVersion` },
  ])
}
