import { AppError } from '#contract/errors.ts'
import type { LocalText } from '#contract/text.ts'
import type { Claims } from './claims.ts'
import type { Rule } from './user-config.ts'

/** What a sign-in service says about somebody. */
export type Vouched = { readonly subject: string; readonly claims: Claims }

/** What has to come back from the service, kept by the browser under seal meanwhile. */
export type Pending = { readonly state: string; readonly nonce?: string; readonly verifier?: string }

export type Provider = {
  readonly kind: 'oidc' | 'cas'
  readonly id: string
  readonly title: LocalText
  readonly rules: readonly Rule[]
  readonly usernameClaim: string
  readonly nameClaim: string
  /** Where the browser has to go. Throws AppError PROVIDER_FAILED. */
  begin(): Promise<{ readonly url: string; readonly pending: Pending }>
  /** `came` is the whole address that the browser came back to. Throws AppError PROVIDER_FAILED. */
  finish(came: URL, pending: Pending): Promise<Vouched>
  /** Where the browser leaves the service as well, as far as that is known. Never waits: every page asks for it. */
  signOutUrl(): string | undefined
}

/** How long one may take at the service. */
export const pendingMs = 10 * 60_000
/** A service that takes longer does not answer. */
export const providerTimeoutS = 10

export function callbackUrl(publicUrl: string, kind: Provider['kind'], id: string): string {
  return `${publicUrl}/api/v1/session/${kind}/${id}/callback`
}

export function failed(message: string, cause: unknown): AppError {
  return new AppError('PROVIDER_FAILED', message, { cause })
}
