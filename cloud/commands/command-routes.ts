import { Type } from 'typebox'
import { thingOfPoint } from '#cloud/access/access.ts'
import { type App, answers, errorAnswers } from '#cloud/http/app.ts'
import { requireCaller } from '#cloud/http/guard.ts'
import { keyOf, pageOf } from '#cloud/http/pages.ts'
import { CommandList, CommandRequest, CommandsQuery, IssuedCommand } from '#contract/api/commands.ts'
import { closed } from '#contract/api/common.ts'
import { AppError } from '#contract/errors.ts'
import type { CommandSearch, StoredCommand } from './command-repository.ts'
import type { CommandService } from './command-service.ts'
import { commandView } from './command-view.ts'

const tags = ['commands']
const CommandId = Type.Object({ id: Type.String({ maxLength: 64 }) }, closed)

export function commandRoutes(api: App, commands: CommandService): void {
  api.post(
    '/commands',
    {
      config: { needs: 'commands.give', audit: 'command.created' },
      schema: {
        operationId: 'giveCommand',
        summary: 'Set a point of a device',
        description:
          'Stored before it is answered with 202; follow it with `GET /commands/{id}` or the live topic `commands`.',
        tags,
        body: CommandRequest,
        response: { 202: IssuedCommand, ...errorAnswers },
      },
    },
    async (request, reply) => {
      const { user, access } = requireCaller(request)
      const given = await commands.give(request.body, { user, access, audit: request.audit })
      return reply.code(202).header('location', `/api/v1/commands/${given.id}`).send(given)
    },
  )

  api.get(
    '/commands/:id',
    {
      config: { about: 'handler' },
      schema: {
        operationId: 'getCommand',
        summary: 'A command with every state it was in',
        tags,
        params: CommandId,
        response: answers(IssuedCommand),
      },
    },
    async ({ params: { id }, access }) => {
      const found = await commands.find(id)
      if (found === undefined || !access.can('view', thingOfPoint(found.point)))
        throw new AppError('NOT_FOUND', `there is no command ${id}`)
      return found
    },
  )

  api.get(
    '/commands',
    {
      schema: {
        operationId: 'listCommands',
        summary: 'Commands, newest first',
        tags,
        querystring: CommandsQuery,
        response: answers(CommandList),
      },
    },
    async ({ query: { limit = 100, cursor, state, ...place }, access }) => {
      const after = keyOf(cursor, 'number', 'string')
      const filter = { ...placeOf(place), state, nodes: access.nodes('view') }
      const found = await commands.search({ ...filter, after, limit: limit + 1 })
      const key = ({ row }: StoredCommand) => [row.created_at, row.id]
      return pageOf(found, limit, { key, item: ({ row, steps }) => commandView(row, steps) })
    },
  )
}

type Place = Pick<CommandsQuery, 'gateway' | 'device' | 'point'>

/** The narrowest of what was asked for. */
function placeOf({ gateway, device, point }: Place): Pick<CommandSearch, 'gateway' | 'device' | 'point'> {
  const [g = gateway, d, ...rest] = (point ?? device)?.split('/') ?? []
  return { gateway: g, device: d, point: rest.length > 0 ? rest.join('/') : undefined }
}
