import { randomBytes } from 'node:crypto'
import { AppError } from '#contract/errors.ts'
import { readCasAnswer } from './cas-answer.ts'
import {
  callbackUrl,
  failed,
  type Pending,
  type Provider,
  providerTimeoutS,
  type Vouched,
} from './provider.ts'
import type { CasConfig } from './user-config.ts'

export type CasOptions = { readonly config: CasConfig; readonly publicUrl: string }

/** CAS Protocol 3.0. The state in the address of our page binds the ticket to the browser that began. */
export class CasProvider implements Provider {
  readonly kind = 'cas'
  readonly id: string
  readonly title: CasConfig['title']
  readonly rules: CasConfig['rules']
  readonly usernameClaim: string
  readonly nameClaim: string
  readonly #options: CasOptions

  constructor(options: CasOptions) {
    const { id, title, rules, usernameClaim, nameClaim } = options.config
    this.id = id
    this.title = title
    this.rules = rules
    this.usernameClaim = usernameClaim ?? 'user'
    this.nameClaim = nameClaim ?? 'displayName'
    this.#options = options
  }

  async begin(): Promise<{ url: string; pending: Pending }> {
    const state = randomBytes(24).toString('base64url')
    return { url: this.#url('/login', { service: this.#service(state) }), pending: { state } }
  }

  async finish(came: URL, { state }: Pending): Promise<Vouched> {
    const ticket = came.searchParams.get('ticket') ?? ''
    if (came.searchParams.get('state') !== state || !/^ST-[\x21-\x7e]{1,300}$/.test(ticket))
      throw new AppError('PROVIDER_FAILED', `${this.id} sent no ticket for this sign-in`)
    const url = this.#url('/p3/serviceValidate', { service: this.#service(state), ticket })
    const answer = readCasAnswer(await fetchText(url, this.id))
    if (!answer.ok)
      throw new AppError('PROVIDER_FAILED', `${this.id} did not accept the ticket: ${answer.reason}`)
    return { subject: answer.user, claims: { ...answer.attributes, user: answer.user } }
  }

  signOutUrl(): string {
    return this.#url('/logout', { service: `${this.#options.publicUrl}/sign-in` })
  }

  #service(state: string): string {
    const { publicUrl, config } = this.#options
    return `${callbackUrl(publicUrl, 'cas', config.id)}?state=${state}`
  }

  #url(path: string, query: Record<string, string>): string {
    return `${this.#options.config.url.replace(/\/$/, '')}${path}?${new URLSearchParams(query)}`
  }
}

/** Far more than an answer has that is read. */
const maxBytes = 256 * 1024

async function fetchText(url: string, id: string): Promise<string> {
  try {
    const signal = AbortSignal.timeout(providerTimeoutS * 1_000)
    // A validation that leads elsewhere would ask somebody else who it is.
    const response = await fetch(url, { redirect: 'error', signal })
    if (!response.ok) throw new Error(`HTTP ${response.status}`)
    let text = ''
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true })
      if (text.length > maxBytes) throw new Error('the answer does not end')
    }
    return text
  } catch (cause) {
    throw failed(`${id} does not answer`, cause)
  }
}
