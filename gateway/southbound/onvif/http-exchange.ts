import { request as httpRequest, type IncomingMessage } from 'node:http'
import { CameraError } from './camera-error.ts'
import { type Challenge, type Credentials, challengeOf, digestHeader } from './digest.ts'

export type Exchange = {
  readonly url: URL
  readonly method: 'GET' | 'POST'
  readonly body?: string
  readonly contentType?: string
  /** Until the last byte of the answer. */
  readonly timeoutMs: number
  readonly maxBytes: number
  readonly signal: AbortSignal
  /** Answer a digest challenge; without it, whatever comes is the answer. */
  readonly credentials?: Credentials
}

export type Answer = { readonly status: number; readonly body: Buffer }

type Raw = Answer & { readonly challenges: readonly string[] }
type Session = { readonly challenge: Challenge; used: number }

/**
 * HTTP with one camera: one request on one connection, bounded in time and size, digest authentication with the nonce kept
 * for as long as the camera takes it. A wrong password costs one refused request per call and is never tried twice.
 */
export class HttpExchange {
  readonly #sessions = new Map<string, Session>()

  /** Throws CameraError `unreachable`, `timeout`, `credentials` or `garbage`; any status but 401 is an answer. */
  async run(exchange: Exchange): Promise<Answer> {
    const { credentials, url } = exchange
    if (url.protocol !== 'http:') throw new CameraError('fault', `${shown(url)}: only http is spoken here`)
    const known = credentials === undefined ? undefined : this.#sessions.get(url.host)
    const first = await send(exchange, this.#headerOf(known, exchange))
    if (first.status !== 401 || credentials === undefined) return first
    this.#sessions.delete(url.host)
    const challenge = challengeOf(first.challenges)
    if (challenge === undefined) throw new CameraError('credentials', refusal(url, first.challenges))
    const session: Session = { challenge, used: 0 }
    const second = await send(exchange, this.#headerOf(session, exchange))
    if (second.status === 401) {
      throw new CameraError('credentials', `${shown(url)}: the user name or the password is not accepted`)
    }
    this.#sessions.set(url.host, session)
    return second
  }

  #headerOf(session: Session | undefined, { credentials, url, method }: Exchange): string | undefined {
    if (session === undefined || credentials === undefined) return undefined
    session.used++
    const path = url.pathname + url.search
    return digestHeader(session.challenge, credentials, { method, path, count: session.used })
  }
}

/** An address for people and logs: whatever a camera put before the @ stays out. */
export function shown(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`
}

function refusal(url: URL, challenges: readonly string[]): string {
  const asked = challenges.map((one) => one.split(' ')[0]).join(', ')
  return asked === ''
    ? `${shown(url)}: the user name or the password is not accepted`
    : `${shown(url)}: asks for ${asked}, which would send the password in clear; set the camera to digest`
}

function send(exchange: Exchange, authorization: string | undefined): Promise<Raw> {
  const { url, method, body, contentType, timeoutMs, signal } = exchange
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        // Node wants the address of an IPv6 host without its brackets.
        hostname: url.hostname.replace(/^\[|\]$/g, ''),
        port: url.port === '' ? 80 : Number(url.port),
        path: url.pathname + url.search,
        method,
        // Cheap servers mishandle kept connections; one request a minute is no load.
        agent: false,
        headers: {
          ...(contentType === undefined ? {} : { 'content-type': contentType }),
          ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
          ...(authorization === undefined ? {} : { authorization }),
        },
      },
      (response) => {
        collect(response, exchange).then(finish, fail)
      },
    )
    const timer = setTimeout(() => {
      fail(new CameraError('timeout', `${shown(url)}: no answer within ${timeoutMs} ms`))
    }, timeoutMs)
    const aborted = () => fail(new CameraError('unreachable', `${shown(url)}: given up`))
    signal.addEventListener('abort', aborted, { once: true })
    request.on('error', (error) => fail(unreachable(url, error)))
    if (signal.aborted) aborted()
    else request.end(body)

    function done(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', aborted)
    }
    function finish(raw: Raw): void {
      done()
      resolve(raw)
    }
    function fail(error: unknown): void {
      done()
      request.destroy()
      reject(error)
    }
  })
}

async function collect(response: IncomingMessage, { url, maxBytes }: Exchange): Promise<Raw> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of response) {
      bytes += (chunk as Buffer).length
      if (bytes > maxBytes) {
        throw new CameraError('garbage', `${shown(url)}: the answer is longer than ${maxBytes} bytes`)
      }
      chunks.push(chunk as Buffer)
    }
  } catch (error) {
    throw error instanceof CameraError ? error : unreachable(url, error)
  }
  const challenges = response.rawHeaders.flatMap((name, i, all) =>
    i % 2 === 0 && name.toLowerCase() === 'www-authenticate' ? [all[i + 1] ?? ''] : [],
  )
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks), challenges }
}

function unreachable(url: URL, cause: unknown): CameraError {
  const { code, message } = cause as NodeJS.ErrnoException
  return new CameraError('unreachable', `${shown(url)}: not reachable (${code ?? message})`, { cause })
}
