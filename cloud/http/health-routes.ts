import type { Registry } from 'prom-client'
import { Type } from 'typebox'
import { Health, Ready } from '#contract/api/health.ts'
import { type App, errorAnswers } from './app.ts'

/** Says why its part cannot do its work now, or `undefined` when it can. May throw: the message is the reason. */
export type ReadyCheck = { readonly part: string; readonly check: () => Promise<string | undefined> }

export type HealthOptions = { readonly checks: readonly ReadyCheck[]; readonly metrics: Registry }

const tags = ['health']
const checkDeadlineMs = 2_000

/** For service managers, load balancers and Prometheus; without a session and not under `/api/v1`. */
export function healthRoutes(app: App, { checks, metrics }: HealthOptions): void {
  app.get(
    '/health',
    {
      schema: {
        operationId: 'health',
        summary: 'The process answers',
        tags,
        security: [],
        response: { 200: Health, ...errorAnswers },
      },
    },
    async () => ({ status: 'ok' as const }),
  )

  app.get(
    '/ready',
    {
      schema: {
        operationId: 'ready',
        summary: 'Everything it needs works; otherwise 503 with the reasons',
        tags,
        security: [],
        response: { ...errorAnswers, 200: Ready, 503: Ready },
      },
    },
    async (_request, reply) => {
      const reasons = (await Promise.all(checks.map(reasonOf))).flat()
      return reply.code(reasons.length === 0 ? 200 : 503).send({ ready: reasons.length === 0, reasons })
    },
  )

  app.get(
    '/metrics',
    {
      schema: {
        operationId: 'metrics',
        summary: 'Prometheus text',
        tags,
        security: [],
        response: { 200: { content: { 'text/plain': { schema: Type.String() } } }, ...errorAnswers },
      },
    },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()),
  )
}

async function reasonOf({ part, check }: ReadyCheck): Promise<Ready['reasons']> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer within ${checkDeadlineMs} ms`), checkDeadlineMs)
  })
  try {
    const reason = await Promise.race([check(), late])
    return reason === undefined ? [] : [{ part, reason }]
  } catch (error) {
    return [{ part, reason: error instanceof Error ? error.message : String(error) }]
  } finally {
    clearTimeout(timer)
  }
}
