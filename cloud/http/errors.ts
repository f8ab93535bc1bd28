import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { ErrorBody } from '#contract/api/common.ts'
import { AppError, errorCodes } from '#contract/errors.ts'

type Answer = { readonly status: number; readonly body: ErrorBody; readonly retryAfterS?: number }

/** The only place where an error becomes an answer. What nobody foresaw shows the request's id and nothing else. */
export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, body, retryAfterS } = answerOf(error, request.id)
  if (status >= 500) request.log.error({ err: error, request: request.id }, 'request failed')
  if (retryAfterS !== undefined) reply.header('retry-after', retryAfterS)
  return reply.code(status).send(body)
}

export function sendNotFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split('?')[0] ?? ''
  return sendError(new AppError('NOT_FOUND', `there is no ${request.method} ${path}`), request, reply)
}

/** Pure. */
export function answerOf(error: unknown, requestId: string): Answer {
  if (error instanceof AppError) {
    const { code, message, details } = error
    const retryAfterMs = (details as { retryAfterMs?: unknown } | undefined)?.retryAfterMs
    return {
      status: errorCodes[code].http,
      body: { code, message, ...(details === undefined ? {} : { details }) },
      ...(typeof retryAfterMs === 'number' ? { retryAfterS: Math.ceil(retryAfterMs / 1000) } : {}),
    }
  }
  // Fastify's own refusals of a request (`FST_…`): too large, not JSON, another media type.
  const { statusCode, code, message } = (error ?? {}) as Partial<FastifyError>
  if (code?.startsWith('FST_') && statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return { status: statusCode, body: { code: 'BAD_REQUEST', message: message ?? 'bad request' } }
  }
  const text = `something went wrong here; the log has it under request ${requestId}`
  return { status: 500, body: { code: 'INTERNAL', message: text, details: { request: requestId } } }
}
