import { createHash, randomBytes } from 'node:crypto'

export type Credentials = { readonly username: string; readonly password: string }

/** What a server asks for, from `WWW-Authenticate: Digest …`. */
export type Challenge = {
  readonly realm: string
  readonly nonce: string
  readonly algorithm: 'MD5' | 'SHA-256'
  readonly hasQop: boolean
  readonly opaque?: string
}

/** The strongest digest that we can answer, of all headers; `undefined` where there is none. Pure. */
export function challengeOf(headers: readonly string[]): Challenge | undefined {
  const all = headers
    .flatMap((header) => header.split(/,\s*(?=Digest\s)/i))
    .map(parseChallenge)
    .filter((one) => one !== undefined)
  return all.find(({ algorithm }) => algorithm === 'SHA-256') ?? all[0]
}

function parseChallenge(header: string): Challenge | undefined {
  const [, rest] = /^\s*Digest\s+(.*)$/is.exec(header) ?? []
  if (rest === undefined) return undefined
  const fields = new Map<string, string>()
  for (const [, key = '', quoted, bare] of rest.matchAll(/(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g)) {
    fields.set(key.toLowerCase(), quoted ?? bare ?? '')
  }
  const algorithm = (fields.get('algorithm') ?? 'MD5').toUpperCase()
  const [realm, nonce, opaque] = [fields.get('realm'), fields.get('nonce'), fields.get('opaque')]
  const qop = fields.get('qop')
  if (realm === undefined || nonce === undefined) return undefined
  if (algorithm !== 'MD5' && algorithm !== 'SHA-256') return undefined
  if (qop !== undefined && !qop.split(/[\s,]+/).includes('auth')) return undefined
  return { realm, nonce, algorithm, hasQop: qop !== undefined, ...(opaque === undefined ? {} : { opaque }) }
}

export type DigestRequest = {
  readonly method: string
  /** Path with its query, as in the request line. */
  readonly path: string
  /** How often this nonce was used, from 1. */
  readonly count: number
}

/** The `Authorization` header that answers a challenge. RFC 7616 without sessions and without integrity of the body. */
export function digestHeader(
  challenge: Challenge,
  { username, password }: Credentials,
  request: DigestRequest,
  cnonce: string = randomBytes(8).toString('hex'),
): string {
  const { realm, nonce, algorithm, hasQop, opaque } = challenge
  const name = algorithm === 'MD5' ? 'md5' : 'sha256'
  const hash = (...parts: readonly string[]) => createHash(name).update(parts.join(':'), 'utf8').digest('hex')
  const nc = request.count.toString(16).padStart(8, '0')
  const secret = hash(username, realm, password)
  const action = hash(request.method, request.path)
  const response = hasQop ? hash(secret, nonce, nc, cnonce, 'auth', action) : hash(secret, nonce, action)
  const quoted = Object.entries({ username, realm, nonce, uri: request.path, response })
    .map(([key, value]) => `${key}="${value.replace(/["\\]/g, '\\$&')}"`)
    .concat(opaque === undefined ? [] : `opaque="${opaque}"`)
  const bare = [`algorithm=${algorithm}`, ...(hasQop ? ['qop=auth', `nc=${nc}`, `cnonce="${cnonce}"`] : [])]
  return `Digest ${[...quoted, ...bare].join(', ')}`
}
