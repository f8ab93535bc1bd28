/**
 * Answers what a person asks through the cloud: once, within its time, one heavy thing at a time on each bus. What is done
 * is somebody else's work; see `Commissioner`.
 */
import { AppError, type ErrorCode } from '#contract/errors.ts'
import type { DraftProblem, Question, Reply, ReplyBody, Request } from '#contract/request.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { partsOf } from './reply-parts.ts'

export interface Commissioner {
  /** What must not happen twice at a time: a bus, the file of devices. Absent where it costs nothing. */
  placeOf(question: Question): string | undefined
  /**
   * `progress` may be called with parts of a long answer. Throws AppError; problems of a draft as `{ problems }` in its
   * details. After `signal` aborts it answers with what it has, or throws.
   */
  answer(question: Question, context: AnswerContext): Promise<ReplyBody>
}

export type AnswerContext = {
  readonly signal: AbortSignal
  readonly progress: (body: ReplyBody) => void
}

export type RequestPorts = {
  readonly commissioner: Commissioner
  readonly reply: (reply: Reply) => void
  readonly clock: Clock
  readonly log: Logger
}

export interface RequestHandler extends AsyncDisposable {
  /** Never throws and never waits; the answer goes to `reply`. */
  handle(request: Request): void
}

const maxInHand = 16
/** Ids that were answered lately: the transport may bring a request twice. */
const maxRemembered = 200
/** Nothing a person waits for takes longer, whatever the request says. */
const maxLifeMs = 10 * 60_000

export function answerRequests({ commissioner, reply, clock, log }: RequestPorts): RequestHandler {
  const inHand = new Map<string, AbortController>()
  const running = new Set<Promise<void>>()
  const places = new Map<string, string>()
  const seen = new Set<string>()

  function remember(id: string): boolean {
    if (seen.has(id)) return false
    seen.add(id)
    for (const oldest of seen) {
      if (seen.size <= maxRemembered) break
      seen.delete(oldest)
    }
    return true
  }

  async function work(request: Request): Promise<void> {
    const { v, id, expiresAt, ...question } = request
    let part = 0
    const say = (body: ReplyBody, last: boolean): void =>
      reply({ v: 1, id, part: part++, last, ok: true, body })
    const place = commissioner.placeOf(question)
    const stop = new AbortController()
    try {
      const lifeMs = Math.min(expiresAt - clock.now(), maxLifeMs)
      refuseWhere(lifeMs, place)
      inHand.set(id, stop)
      if (place !== undefined) places.set(place, request.kind)
      const over = AbortSignal.any([stop.signal, AbortSignal.timeout(lifeMs)])
      const context = { signal: over, progress: (body: ReplyBody) => say(body, false) }
      const bodies = partsOf(await answerOf(question, context))
      for (const [index, body] of bodies.entries()) say(body, index === bodies.length - 1)
    } catch (error) {
      const failure = failureOf(error)
      if (failure.code === 'INTERNAL')
        log.error({ err: error, request: id, kind: request.kind }, 'request failed')
      else
        log.info(
          { request: id, kind: request.kind, code: failure.code, problem: failure.message },
          'request refused',
        )
      reply({ v: 1, id, part, last: true, ok: false, ...failure })
    } finally {
      if (inHand.delete(id) && place !== undefined) places.delete(place)
    }
  }

  function refuseWhere(lifeMs: number, place: string | undefined): void {
    if (lifeMs <= 0)
      throw new AppError('COMMAND_EXPIRED', 'the request came too late; is the clock of the gateway right?')
    if (inHand.size >= maxInHand) throw new AppError('RATE_LIMITED', 'too many requests at once')
    const busyWith = place === undefined ? undefined : places.get(place)
    if (busyWith !== undefined)
      throw new AppError('BUSY', `${place} is busy with another request: ${busyWith}`)
  }

  async function answerOf(question: Question, context: AnswerContext): Promise<ReplyBody> {
    if (question.kind !== 'cancel') return await commissioner.answer(question, context)
    const found = inHand.get(question.request)
    found?.abort()
    return { kind: 'cancel', found: found !== undefined }
  }

  return {
    handle(request) {
      if (!remember(request.id)) return
      const done = work(request).finally(() => running.delete(done))
      running.add(done)
    },
    async [Symbol.asyncDispose]() {
      for (const stop of inHand.values()) stop.abort()
      await Promise.all(running)
    },
  }
}

type Failure = { readonly code: ErrorCode; readonly message: string; readonly problems?: DraftProblem[] }

function failureOf(error: unknown): Failure {
  if (!(error instanceof AppError))
    return { code: 'INTERNAL', message: 'something went wrong; the log of the gateway has it' }
  const { problems } = (error.details ?? {}) as { problems?: readonly DraftProblem[] }
  const known = problems === undefined ? {} : { problems: problems.slice(0, 100) }
  return { code: error.code, message: error.message.slice(0, 1000), ...known }
}
