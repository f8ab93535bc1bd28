import { once } from 'node:events'
import { request } from 'node:https'
import { isIP } from 'node:net'
import { type ConnectionOptions, connect, type DetailedPeerCertificate } from 'node:tls'
import { plainFingerprint } from './enrolment-code.ts'

/** What a connection to the cloud is made with, PEM. */
export type Credentials = {
  readonly ca?: string | undefined
  readonly key?: string
  readonly cert?: string
}

/** The cloud has answered, and said no. */
export class CloudRefusal extends Error {
  /** Of the table of the API, `UNEXPECTED` when the answer is not the API's. */
  readonly code: string
  readonly isFinal: boolean

  constructor(code: string, message: string, isFinal: boolean) {
    super(message)
    this.name = 'CloudRefusal'
    this.code = code
    this.isFinal = isFinal
  }
}

const timeoutMs = 15_000
const maxAnswerBytes = 64 * 1024

/** Asks at the port where gateways connect, over TLS that is checked. Rejects with what the network or TLS said, or a CloudRefusal. */
export async function askCloud(
  url: string,
  { path, body }: { readonly path: string; readonly body: object },
  credentials: Credentials,
): Promise<unknown> {
  const content = JSON.stringify(body)
  const asked = request({
    ...addressOf(url),
    ...trustOf(credentials),
    agent: false,
    method: 'POST',
    path: `/api/v1${path}`,
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(content) },
    signal: AbortSignal.timeout(timeoutMs),
  })
  asked.end(content)
  const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage]
  const answer = parsed(await textOf(response))
  if (response.statusCode === 200) return answer
  throw refusalOf(response.statusCode ?? 0, answer)
}

/**
 * The certificate with this fingerprint among those that the cloud shows, PEM. Nothing is trusted or told yet: the connection
 * that follows is checked against it.
 */
export async function authorityOf(url: string, fingerprint: string): Promise<string> {
  const socket = connect({ ...addressOf(url), rejectUnauthorized: false, timeout: timeoutMs })
  try {
    socket.once('timeout', () => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)))
    await once(socket, 'secureConnect')
    const shown = chainOf(socket.getPeerCertificate(true))
    const found = shown.find(({ fingerprint256 }) => plainFingerprint(fingerprint256) === fingerprint)
    if (found !== undefined) return pemOf(found.raw)
    throw new CloudRefusal(
      'WRONG_FINGERPRINT',
      'none of the certificates shown there has the fingerprint of the enrolment code: it is another machine, or somebody stands in between',
      false,
    )
  } finally {
    socket.destroy()
  }
}

function addressOf(url: string): ConnectionOptions & { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(url)
  // A URL keeps the brackets of an IPv6 address, sockets do not want them.
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const name = isIP(host) === 0 ? { servername: host } : {}
  return { host, port: Number(port) || 8883, ...name, ALPNProtocols: ['http/1.1'] }
}

function trustOf({ ca, key, cert }: Credentials): ConnectionOptions {
  return {
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca }),
    ...(key === undefined || cert === undefined ? {} : { key, cert }),
  }
}

/** The last one of a chain is its own issuer. */
function chainOf(first: DetailedPeerCertificate): DetailedPeerCertificate[] {
  const chain: DetailedPeerCertificate[] = []
  let next: DetailedPeerCertificate | undefined = first
  while (next?.raw !== undefined && !chain.includes(next)) {
    chain.push(next)
    next = next.issuerCertificate
  }
  return chain
}

function pemOf(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

async function textOf(response: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response) {
    bytes += chunk.length
    if (bytes > maxAnswerBytes) throw new CloudRefusal('UNEXPECTED', 'the answer is too long', false)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // what is no JSON is no answer of the API
  }
}

/** Everything but "not now" is final. */
function refusalOf(status: number, answer: unknown): CloudRefusal {
  const { code, message } = (answer ?? {}) as { code?: unknown; message?: unknown }
  if (typeof code !== 'string' || typeof message !== 'string')
    return new CloudRefusal('UNEXPECTED', `what answers there is no cloud (HTTP ${status})`, false)
  return new CloudRefusal(code, message, status < 500 && status !== 429)
}
