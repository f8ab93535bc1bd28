import { randomUUID } from 'node:crypto'
import { AppError, type ErrorCode, errorCodes } from '#contract/errors.ts'
import type { Question, Reply, ReplyBody, Request } from '#contract/request.ts'
import type { Clock } from '#lib/clock.ts'
import { merged } from './merge-parts.ts'

export type GatewayRequestPorts = {
  /** False when the gateway is away: then nothing was sent. */
  readonly send: (gateway: string, request: Request) => Promise<boolean>
  /** The gateway's clock minus ours, as far as it is known. */
  readonly clockOffsetMs: (gateway: string) => Promise<number>
  readonly clock: Clock
  /** Told of every part of every answer, whoever asked. Must not throw. */
  readonly onAnswer?: (gateway: string, question: Question, body: ReplyBody) => void
}

export type AskOptions = {
  readonly timeoutMs: number
  /** Called with each part as it comes, in order. */
  readonly onPart?: (body: ReplyBody) => void
  /** Asks the gateway to end it; the answer still comes. */
  readonly signal?: AbortSignal
}

type Body<K> = Extract<ReplyBody, { kind: K }>
type AnswerKind<Q extends Question> = Q['kind'] extends 'add-device' | 'update-device' | 'remove-device'
  ? 'device'
  : Q['kind']

type Waiting = {
  readonly gateway: string
  readonly question: Question
  readonly parts: ReplyBody[]
  readonly early: Map<number, Reply>
  readonly onPart: ((body: ReplyBody) => void) | undefined
  readonly resolve: (body: ReplyBody) => void
  readonly reject: (error: AppError) => void
}

const maxPerGateway = 16
const maxParts = 500

/** Asks gateways and pairs their answers with who waits. Nothing is stored: after a restart nobody waits any more. */
export class GatewayRequests {
  readonly #ports: GatewayRequestPorts
  readonly #waiting = new Map<string, Waiting>()

  constructor(ports: GatewayRequestPorts) {
    this.#ports = ports
  }

  /**
   * Resolves with the whole answer. Rejects with what the gateway said, with GATEWAY_OFFLINE when it was not asked at
   * all, and with GATEWAY_TIMEOUT when it was asked and its answer is not known.
   */
  async ask<Q extends Question>(
    gateway: string,
    question: Q,
    options: AskOptions,
  ): Promise<Body<AnswerKind<Q>>> {
    const { clock, send, clockOffsetMs } = this.#ports
    const pending = [...this.#waiting.values()].filter((one) => one.gateway === gateway)
    if (pending.length >= maxPerGateway) {
      throw new AppError('RATE_LIMITED', `too many questions to ${gateway} at once`, {
        details: { retryAfterMs: 1_000 },
      })
    }
    const id = randomUUID()
    const { promise, resolve, reject } = Promise.withResolvers<ReplyBody>()
    promise.catch(() => {}) // whoever waits below has it
    const { onPart } = options
    this.#waiting.set(id, { gateway, question, parts: [], early: new Map(), onPart, resolve, reject })
    const done = new AbortController()
    try {
      const now = clock.now()
      const expiresAt = Math.round(now + (await clockOffsetMs(gateway)) + options.timeoutMs)
      if (!(await send(gateway, { v: 1, id, expiresAt, ...question } as Request))) throw offline(gateway)
      const stop = (): void => void this.#cancel(gateway, id)
      options.signal?.addEventListener('abort', stop, { once: true, signal: done.signal })
      if (options.signal?.aborted) stop()
      // A little longer than the gateway has: what it has by then is on its way.
      const overdue = clock.sleep(options.timeoutMs + 2_000, done.signal).then(() => {
        reject(
          new AppError('GATEWAY_TIMEOUT', `${gateway} did not answer within ${options.timeoutMs / 1000} s`),
        )
      })
      overdue.catch(() => {})
      return (await promise) as Body<AnswerKind<Q>>
    } finally {
      done.abort()
      this.#waiting.delete(id)
    }
  }

  /** Answers come under the name of who sent them: nobody answers for another gateway. */
  reply(gateway: string, reply: Reply): void {
    const one = this.#waiting.get(reply.id)
    if (one === undefined || one.gateway !== gateway) return
    if (reply.part > maxParts) {
      one.reject(new AppError('MESSAGE_INVALID', `${gateway} answered in too many parts`))
      return
    }
    one.early.set(reply.part, reply)
    for (
      let next = one.early.get(one.parts.length);
      next !== undefined;
      next = one.early.get(one.parts.length)
    ) {
      if (!next.ok) {
        one.reject(refusal(next))
        return
      }
      one.parts.push(next.body)
      one.onPart?.(next.body)
      this.#ports.onAnswer?.(gateway, one.question, next.body)
      if (next.last) one.resolve(merged(one.parts))
    }
  }

  /** Whoever waits for it is told at once. */
  disconnected(gateway: string): void {
    for (const one of this.#waiting.values()) {
      if (one.gateway === gateway)
        one.reject(
          new AppError('GATEWAY_TIMEOUT', `the connection to ${gateway} was lost before it answered`),
        )
    }
  }

  async #cancel(gateway: string, request: string): Promise<void> {
    const { clock, send, clockOffsetMs } = this.#ports
    const expiresAt = Math.round(clock.now() + (await clockOffsetMs(gateway)) + 60_000)
    await send(gateway, { v: 1, id: randomUUID(), expiresAt, kind: 'cancel', request })
  }
}

function offline(gateway: string): AppError {
  return new AppError('GATEWAY_OFFLINE', `${gateway} is not connected: nothing was asked and nothing changed`)
}

function refusal({ code, message, problems }: Extract<Reply, { ok: false }>): AppError {
  const known = Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'DEVICE_REFUSED'
  return new AppError(known, message, problems === undefined ? {} : { details: problems })
}
