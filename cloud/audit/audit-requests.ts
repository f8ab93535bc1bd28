import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { App } from '#cloud/http/app.ts'
import { answerOf } from '#cloud/http/errors.ts'
import type { ChangeAudit } from '#cloud/state/change-audit.ts'
import type { AuditAction } from '#contract/audit-actions.ts'
import type { Clock } from '#lib/clock.ts'
import { RateLimit } from '#lib/rate-limit.ts'
import type { AuditLog } from './audit-log.ts'
import { RequestAudit } from './request-audit.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What the audit log will say about this request. */
    audit: ChangeAudit
  }
  interface FastifyContextConfig {
    /** What a request of this route is in the audit log, and what it is when it was refused where that differs. */
    audit?: AuditAction | { readonly ok: AuditAction; readonly refused: AuditAction }
  }
}

const reading = ['GET', 'HEAD', 'OPTIONS']

/**
 * Writes a row for every request of the routes added after this call that say what they are in the log; a route that changes
 * something has to. What a part did not write with its change is written before the answer leaves, refusals too. Without the
 * row there is no answer but STORE_UNAVAILABLE.
 */
export function auditRequests(api: App, { log, clock }: { log: AuditLog; clock: Clock }): void {
  const requests = new WeakMap<FastifyRequest, RequestAudit>()
  const refusals = new Refusals(clock)

  function auditOf(request: FastifyRequest): RequestAudit {
    const known = requests.get(request) ?? new RequestAudit(log, request)
    requests.set(request, known)
    return known
  }

  // Made when it is first asked for: a session that is missing is refused before any hook of ours.
  api.decorateRequest('audit', {
    getter() {
      return auditOf(this)
    },
  })
  api.addHook('onRoute', requireAction)
  api.addHook('onError', async (request, _reply, error) => {
    auditOf(request).refusedWith(answerOf(error, request.id).body.code)
  })
  api.addHook('onSend', async (request, reply, payload) => {
    if (request.routeOptions.config.audit === undefined) return payload
    const audit = auditOf(request)
    const leftOut = audit.code === undefined ? 0 : refusals.pass(audit)
    if (leftOut === undefined) return payload
    try {
      await audit.finish(leftOut)
      return payload
    } catch (error) {
      return refuse(error, request, reply)
    }
  })
}

function requireAction({ method, url, config }: RouteOptions): void {
  if ([method].flat().every((one) => reading.includes(one)) || config?.audit !== undefined) return
  throw new Error(`${[method].flat().join()} ${url} does not say what it is in the audit log: config.audit`)
}

/** Instead of the answer that was on its way, and of what it would have set. */
function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): string {
  request.log.error({ err: error, request: request.id }, 'audit row not written, request failed')
  const { status, body } = answerOf(error, request.id)
  for (const name of ['set-cookie', 'location', 'content-length', 'content-disposition'])
    reply.removeHeader(name)
  reply.code(status).header('content-type', 'application/json; charset=utf-8')
  return JSON.stringify(body)
}

/**
 * Refusals that cost their sender nothing must not fill the disk: the same one of a person is written once a second, those of
 * an address without a session once a minute, those at each way in apart from the others. A wrong password or code is always
 * written: it has cost a hash, and guessing is slowed.
 */
class Refusals {
  readonly #clock: Clock
  readonly #ofPersons = new RateLimit(1_000)
  readonly #ofAddresses = new RateLimit(60_000)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** How many were left out since the last one, or `undefined` when this one is left out too. */
  pass({ person, address, publicPath, code, key }: RequestAudit): number | undefined {
    if (code === 'LOGIN_FAILED' || code === 'SECOND_FACTOR_FAILED') return 0
    const now = this.#clock.monotonic()
    return person === undefined
      ? this.#ofAddresses.pass(`${address} ${publicPath}`, now)
      : this.#ofPersons.pass(`${person} ${key} ${code}`, now)
  }
}
