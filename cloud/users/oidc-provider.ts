import * as oidc from 'openid-client'
import type { Claims } from './claims.ts'
import {
  callbackUrl,
  failed,
  type Pending,
  type Provider,
  providerTimeoutS,
  type Vouched,
} from './provider.ts'
import type { OidcConfig } from './user-config.ts'

export type OidcOptions = {
  readonly config: OidcConfig
  readonly secret: string | undefined
  readonly publicUrl: string
}

/**
 * OpenID Connect Core 1.0, code flow with PKCE (RFC 7636, S256), state and nonce. The library checks signature, issuer, audience,
 * expiry and nonce of the ID token.
 */
export class OidcProvider implements Provider {
  readonly kind = 'oidc'
  readonly id: string
  readonly title: OidcConfig['title']
  readonly rules: OidcConfig['rules']
  readonly usernameClaim: string
  readonly nameClaim: string
  readonly #options: OidcOptions
  #discovered: Promise<oidc.Configuration> | undefined
  #known: oidc.Configuration | undefined

  constructor(options: OidcOptions) {
    const { id, title, rules, usernameClaim, nameClaim } = options.config
    this.id = id
    this.title = title
    this.rules = rules
    this.usernameClaim = usernameClaim ?? 'preferred_username'
    this.nameClaim = nameClaim ?? 'name'
    this.#options = options
  }

  async begin(): Promise<{ url: string; pending: Pending }> {
    const client = await this.#client()
    const verifier = oidc.randomPKCECodeVerifier()
    const pending = { state: oidc.randomState(), nonce: oidc.randomNonce(), verifier }
    const url = oidc.buildAuthorizationUrl(client, {
      redirect_uri: this.#callback,
      scope: this.#options.config.scopes.join(' '),
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state: pending.state,
      nonce: pending.nonce,
    })
    return { url: url.href, pending }
  }

  async finish(came: URL, { state, nonce = '', verifier = '' }: Pending): Promise<Vouched> {
    const client = await this.#client()
    try {
      const tokens = await oidc.authorizationCodeGrant(client, came, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      })
      const claims = tokens.claims()
      if (claims === undefined) throw new Error('no ID token')
      const more = await this.#userInfo(client, tokens.access_token, claims.sub)
      return { subject: claims.sub, claims: { ...more, ...claims } }
    } catch (error) {
      throw failed(`${this.id} did not vouch for anybody`, error)
    }
  }

  signOutUrl(): string | undefined {
    if (this.#known?.serverMetadata().end_session_endpoint === undefined) {
      // After a restart nobody may have signed in yet. A service that is away is asked again with the next page.
      void this.#client().catch(() => undefined)
      return undefined
    }
    const { publicUrl } = this.#options
    return oidc.buildEndSessionUrl(this.#known, { post_logout_redirect_uri: `${publicUrl}/sign-in` }).href
  }

  get #callback(): string {
    return callbackUrl(this.#options.publicUrl, this.kind, this.id)
  }

  /** Groups are often told here only. */
  async #userInfo(client: oidc.Configuration, token: string, subject: string): Promise<Claims> {
    if (client.serverMetadata().userinfo_endpoint === undefined) return {}
    return await oidc.fetchUserInfo(client, token, subject)
  }

  /** Asked once; a service that was away is asked again the next time. */
  async #client(): Promise<oidc.Configuration> {
    this.#discovered ??= this.#discover().catch((error: unknown) => {
      this.#discovered = undefined
      throw failed(`${this.id} does not answer`, error)
    })
    return await this.#discovered
  }

  async #discover(): Promise<oidc.Configuration> {
    const { config, secret } = this.#options
    const issuer = new URL(config.issuer)
    this.#known = await oidc.discovery(
      issuer,
      config.clientId,
      secret === undefined ? { token_endpoint_auth_method: 'none' } : { client_secret: secret },
      secret === undefined ? oidc.None() : oidc.ClientSecretBasic(secret),
      {
        timeout: providerTimeoutS,
        execute: [
          oidc.enableNonRepudiationChecks,
          // The configuration allows it on this machine only.
          ...(issuer.protocol === 'http:' ? [oidc.allowInsecureRequests] : []),
        ],
      },
    )
    return this.#known
  }
}
