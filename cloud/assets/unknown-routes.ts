import { Type } from 'typebox'
import type { Access } from '#cloud/access/access.ts'
import { type App, answers } from '#cloud/http/app.ts'
import { requireCaller } from '#cloud/http/guard.ts'
import { keyOf, pageOf } from '#cloud/http/pages.ts'
import { IgnoreUnknown, UnknownDevice, UnknownDeviceList, UnknownQuery } from '#contract/api/assets.ts'
import { closed } from '#contract/api/common.ts'
import { AppError } from '#contract/errors.ts'
import { type UnknownDevices, unknownView } from './unknown-devices.ts'

const tags = ['assets']
const needs = 'devices.manage'
const config = { needs, about: 'handler' } as const
const UnknownPath = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) }, closed)

/** What stands in the network of a school and in nobody's register is for those who look after its devices. */
export function unknownRoutes(api: App, unknown: UnknownDevices): void {
  /** A refusal does not tell whose it is. */
  async function require(id: string, access: Access): Promise<void> {
    const row = await unknown.byId(id)
    if (row === undefined || !access.can('view', { gateway: row.gateway }))
      throw new AppError('NOT_FOUND', `there is no unregistered device ${id}`)
    access.require(needs, { gateway: row.gateway })
  }

  api.get(
    '/assets/unknown',
    {
      config: { needs },
      schema: {
        operationId: 'listUnknownDevices',
        summary: 'What answered a scan or announced itself and is no registered device, the last seen first',
        ...{ tags, querystring: UnknownQuery, response: answers(UnknownDeviceList) },
      },
    },
    async ({ query: { limit = 100, cursor, gateway, ignored = false }, access }) => {
      const after = keyOf(cursor, 'number', 'string')
      const rows = await unknown.search({
        gateway,
        ignored,
        after,
        limit: limit + 1,
        nodes: access.nodes(needs),
      })
      return pageOf(rows, limit, { key: (row) => [row.last_seen_at, row.id], item: unknownView })
    },
  )

  api.post(
    '/assets/unknown/:id/ignore',
    {
      config: { ...config, audit: 'unknown-device.ignored' },
      schema: {
        operationId: 'ignoreUnknownDevice',
        summary: 'Say what it is and that it is no device of ours: it is not listed any more',
        ...{ tags, params: UnknownPath, body: IgnoreUnknown, response: answers(UnknownDevice) },
      },
    },
    async (request) => {
      const { params, body, access, audit } = request
      await require(params.id, access)
      const { user } = requireCaller(request)
      const by = user.displayName || user.username
      return unknownView(await unknown.setIgnored(params.id, { by, reason: body.reason.trim() }, audit))
    },
  )

  api.delete(
    '/assets/unknown/:id/ignore',
    {
      config: { ...config, audit: 'unknown-device.watched' },
      schema: {
        operationId: 'watchUnknownDevice',
        summary: 'List it again',
        ...{ tags, params: UnknownPath, response: answers(UnknownDevice) },
      },
    },
    async ({ params, access, audit }) => {
      await require(params.id, access)
      return unknownView(await unknown.setIgnored(params.id, undefined, audit))
    },
  )
}
