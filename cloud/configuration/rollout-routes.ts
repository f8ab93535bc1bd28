import { Type } from 'typebox'
import type { Access } from '#cloud/access/access.ts'
import { type App, answers, errorAnswers } from '#cloud/http/app.ts'
import { requireCaller } from '#cloud/http/guard.ts'
import { cursorOf, keyOf } from '#cloud/http/pages.ts'
import { closed } from '#contract/api/common.ts'
import { Rollout, RolloutDraft, RolloutList, RolloutsQuery } from '#contract/api/configuration.ts'
import type { AuditAction } from '#contract/audit-actions.ts'
import { AppError } from '#contract/errors.ts'
import type { RolloutAction, RolloutService, StoredRollout } from './rollout-service.ts'
import { rolloutSummary } from './rollout-view.ts'

const tags = ['configuration']
const RolloutPath = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) }, closed)

export type RolloutRoutesOptions = {
  readonly rollouts: RolloutService
  readonly isGateway: (gateway: string) => Promise<boolean>
}

/** One change for many gateways. Whoever sees all of its gateways sees it; whoever manages all of them moves it. */
export function rolloutRoutes(api: App, { rollouts, isGateway }: RolloutRoutesOptions): void {
  async function visible(id: string, access: Access): Promise<StoredRollout> {
    const found = await rollouts.find(id)
    if (found === undefined || !sees(access, found))
      throw new AppError('NOT_FOUND', `there is no roll-out ${id}`)
    return found
  }

  api.post(
    '/rollouts',
    {
      config: { needs: 'gateways.manage', audit: 'rollout.created' },
      schema: {
        operationId: 'createRollout',
        summary: 'Give many gateways the same change, in stages; it stops at the first that fails',
        ...{ tags, body: RolloutDraft, response: { 201: Rollout, ...errorAnswers } },
      },
    },
    async (request, reply) => {
      const { user, access } = requireCaller(request)
      for (const gateway of request.body.gateways) {
        access.require('gateways.manage', { gateway })
        if (!(await isGateway(gateway))) throw new AppError('NOT_FOUND', `there is no gateway ${gateway}`)
      }
      const made = await rollouts.create(request.body, user, request.audit)
      return reply.code(201).header('location', `/api/v1/rollouts/${made.id}`).send(made)
    },
  )

  api.get(
    '/rollouts',
    {
      schema: {
        operationId: 'listRollouts',
        summary: 'Roll-outs, newest first',
        ...{ tags, querystring: RolloutsQuery, response: answers(RolloutList) },
      },
    },
    async ({ query: { limit = 100, cursor }, access }) => {
      const shown: StoredRollout[] = []
      let after: readonly [number, string] | undefined = keyOf(cursor, 'number', 'string')
      // There are few: those that the caller may not see are read and left out.
      for (;;) {
        const page = await rollouts.list(limit + 1, after)
        shown.push(...page.filter((one) => sees(access, one)))
        const last = page.at(-1)
        if (page.length <= limit || shown.length > limit || last === undefined) break
        after = [last.row.at, last.row.id]
      }
      const items = shown.slice(0, limit).map(({ row, gateways }) => rolloutSummary(row, gateways))
      const last = shown[limit - 1]
      return shown.length > limit && last !== undefined
        ? { items, nextCursor: cursorOf([last.row.at, last.row.id]) }
        : { items }
    },
  )

  api.get(
    '/rollouts/:id',
    {
      config: { about: 'handler' },
      schema: {
        operationId: 'getRollout',
        summary: 'One roll-out with every gateway',
        ...{ tags, params: RolloutPath, response: answers(Rollout) },
      },
    },
    async ({ params: { id }, access }) => {
      await visible(id, access)
      return await rollouts.view(id)
    },
  )

  act('pause', 'rollout.paused', 'No further gateway gets the change until it goes on')
  act('resume', 'rollout.resumed', 'Go on; what failed until now is accepted')
  act('abort', 'rollout.aborted', 'End it; gateways that have the change keep it')

  function act(action: RolloutAction, audit: AuditAction, summary: string): void {
    api.post(
      `/rollouts/:id/${action}`,
      {
        config: { needs: 'gateways.manage', about: 'handler', audit },
        schema: {
          operationId: `${action}Rollout`,
          ...{ summary, tags, params: RolloutPath, response: answers(Rollout) },
        },
      },
      async (request) => {
        const { id } = request.params
        const { access } = requireCaller(request)
        const { gateways } = await visible(id, access)
        for (const { gateway } of gateways) access.require('gateways.manage', { gateway })
        return await rollouts.act(id, action, request.audit)
      },
    )
  }
}

function sees(access: Access, { gateways }: StoredRollout): boolean {
  return gateways.every(({ gateway }) => access.can('view', { gateway }))
}
