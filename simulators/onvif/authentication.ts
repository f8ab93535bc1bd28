import { createHash, randomBytes } from 'node:crypto'
import type { SoapRequest } from './soap.ts'
import { child, textAt } from './xml.ts'

export type AuthMode = 'wsse' | 'digest' | 'both'
export type HttpCredentials = { readonly method: string; readonly authorization?: string | undefined }
/** `none`: nothing was presented, which is no failed attempt. */
export type AuthVerdict = 'ok' | 'none' | 'wrong' | 'locked'

export type AuthenticatorOptions = {
  readonly username: string
  readonly password: string
  readonly mode: AuthMode
  /** What the camera believes the time is. */
  readonly now: () => number
  /** Failures in a row that lock the account, and for how long. */
  readonly lockAfter: number
  readonly lockMs: number
}

/** ONVIF Core: a token is refused when its time is further than this from the camera's own. */
const clockWindowMs = 5_000
const realm = 'IP Camera'

/** Checks WS-UsernameToken digests and HTTP digests as a strict camera does: no replayed nonce, no stale time, a lock-out. */
export class Authenticator {
  readonly #options: AuthenticatorOptions
  readonly #usedNonces = new Set<string>()
  readonly #issued = new Map<string, number>()
  #failures = 0
  #lockedUntil = Number.NEGATIVE_INFINITY
  /** Attempts that were refused, over all time. */
  refused = 0

  constructor(options: AuthenticatorOptions) {
    this.#options = options
  }

  get mode(): AuthMode {
    return this.#options.mode
  }

  get isLocked(): boolean {
    return Date.now() < this.#lockedUntil
  }

  unlock(): void {
    this.#lockedUntil = Number.NEGATIVE_INFINITY
    this.#failures = 0
  }

  checkSoap(request: SoapRequest, http: HttpCredentials): AuthVerdict {
    const { mode } = this.#options
    if (http.authorization !== undefined && mode !== 'wsse') return this.checkHttp(http)
    const token = child(request.header, 'Security', 'UsernameToken')
    if (token === undefined || mode === 'digest') return 'none'
    const nonce = textAt(token, 'Nonce') ?? ''
    const created = textAt(token, 'Created') ?? ''
    const sum = createHash('sha1')
      .update(Buffer.from(nonce, 'base64'))
      .update(created + this.#options.password)
      .digest('base64')
    const isFresh = Math.abs(Date.parse(created) - this.#options.now()) <= clockWindowMs
    const isNew = !this.#usedNonces.has(nonce)
    this.#usedNonces.add(nonce)
    const isRight = textAt(token, 'Username') === this.#options.username && textAt(token, 'Password') === sum
    return this.#judge(isFresh && isNew && isRight)
  }

  checkHttp({ method, authorization }: HttpCredentials): AuthVerdict {
    if (authorization === undefined) return 'none'
    const fields = Object.fromEntries(
      [...authorization.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g)].map(([, key, quoted, bare]) => [
        key,
        quoted ?? bare,
      ]),
    )
    const { username, password } = this.#options
    const hash = (...parts: readonly unknown[]) => createHash('md5').update(parts.join(':')).digest('hex')
    const { nonce = '', nc = '', cnonce = '', qop = '', uri = '' } = fields
    const counted = Number.parseInt(nc, 16)
    const isNew = counted > (this.#issued.get(nonce) ?? Number.POSITIVE_INFINITY)
    if (isNew) this.#issued.set(nonce, counted)
    const wanted = hash(hash(username, realm, password), nonce, nc, cnonce, qop, hash(method, uri))
    return this.#judge(isNew && fields.username === username && fields.response === wanted)
  }

  /** A new nonce for `WWW-Authenticate`. */
  challenge(): string {
    const nonce = randomBytes(16).toString('hex')
    this.#issued.set(nonce, 0)
    return `Digest realm="${realm}", qop="auth", nonce="${nonce}", algorithm=MD5, stale="FALSE"`
  }

  #judge(isRight: boolean): AuthVerdict {
    if (this.isLocked) {
      this.refused++
      return 'locked'
    }
    if (isRight) {
      this.#failures = 0
      return 'ok'
    }
    this.refused++
    if (++this.#failures >= this.#options.lockAfter) this.#lockedUntil = Date.now() + this.#options.lockMs
    return 'wrong'
  }
}
