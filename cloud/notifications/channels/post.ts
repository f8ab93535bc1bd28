import { lookup as resolve } from 'node:dns'
import { type ClientRequest, type IncomingMessage, request as plain } from 'node:http'
import { request as secure } from 'node:https'
import type { LookupFunction } from 'node:net'
import { type AddressRules, addressProblem, urlProblem } from './address-guard.ts'
import { failedFor, type Outcome, type Refused, refused, sent } from './sender.ts'

export type Post = {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

export type Answer = {
  readonly ok: true
  readonly status: number
  readonly retryAfter: string
  readonly body: string
}

const maxAnswerBytes = 16 * 1024

/**
 * One POST without redirects, to where `rules` allow: the address that was checked is the one that is connected to, whatever
 * the name stands for a moment later. Of the answer no more than 16 KB are read. Never rejects.
 */
export function post(what: Post, rules: AddressRules, signal: AbortSignal): Promise<Answer | Refused> {
  const problem = urlProblem(what.url, rules)
  if (problem !== undefined) return Promise.resolve(refused('address-refused', problem))
  return new Promise((settle) => {
    const send = what.url.protocol === 'https:' ? secure : plain
    const outgoing: ClientRequest = send(what.url, {
      method: 'POST',
      headers: { ...what.headers, 'content-length': `${Buffer.byteLength(what.body)}` },
      // Nothing is kept open: a receiver that is asked once an hour has closed its end long ago.
      agent: false,
      lookup: guardedLookup(rules),
      signal,
    })
    outgoing.on('error', (error) => settle(failureOf(error, signal)))
    outgoing.on('response', (incoming) => {
      read(incoming).then(
        (body) =>
          settle({
            ok: true,
            status: incoming.statusCode ?? 0,
            retryAfter: incoming.headers['retry-after'] ?? '',
            body,
          }),
        (error: Error) => settle(failureOf(error, signal)),
      )
    })
    outgoing.end(what.body)
  })
}

class AddressRefused extends Error {}

function guardedLookup(rules: AddressRules): LookupFunction {
  return (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, '', 0)
      const problem = addresses.map(({ address }) => addressProblem(address, rules)).find(Boolean)
      const [first] = addresses
      if (problem !== undefined || first === undefined)
        return done(new AddressRefused(problem ?? `${hostname} has no address`), '', 0)
      return options.all === true ? done(null, addresses) : done(null, first.address, first.family)
    })
  }
}

async function read(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of incoming as AsyncIterable<Buffer>) {
    parts.push(part)
    size += part.length
    if (size >= maxAnswerBytes) break // ends the connection
  }
  return Buffer.concat(parts).subarray(0, maxAnswerBytes).toString('utf8')
}

function failureOf(error: Error, signal: AbortSignal): Refused {
  if (error instanceof AddressRefused) return refused('address-refused', error.message)
  if (signal.aborted) return failedFor('timeout', 'no answer in time')
  const { code } = error as NodeJS.ErrnoException
  return failedFor('unreachable', code ?? error.message)
}

/** What an HTTP status says about a delivery. Pure. */
export function outcomeOf({ status, retryAfter, body }: Answer, now: number): Outcome {
  if (status >= 200 && status < 300) return sent
  const detail = `HTTP ${status} ${body}`
  if (status === 404 || status === 410) return refused('gone', detail)
  if (status === 408 || status === 425 || status === 429 || status >= 500)
    return failedFor('refused', detail, retryAfterMs(retryAfter, now))
  return refused('refused', detail)
}

const maxRetryAfterMs = 6 * 3_600_000

/** Seconds or a date (RFC 9110 §10.2.3); at most six hours. Pure. */
export function retryAfterMs(text: string, now: number): number | undefined {
  const trimmed = text.trim()
  const ms = /^\d{1,9}$/.test(trimmed) ? Number(trimmed) * 1000 : Date.parse(trimmed) - now
  return Number.isNaN(ms) || ms <= 0 ? undefined : Math.min(ms, maxRetryAfterMs)
}
