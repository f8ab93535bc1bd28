import { generateKeyPairSync } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import Provider from 'oidc-provider'

export type OidcServerOptions = {
  /** Our own address: where it may send browsers. */
  readonly publicUrl: string
  readonly clientId: string
  readonly clientSecret: string
  /** What it says about each person, by the name that he signs in with. Changes count at the next sign-in. */
  readonly people: Record<string, Record<string, unknown>>
}

type Context = {
  readonly oidc: {
    readonly provider: Provider
    readonly client: { readonly clientId: string }
    readonly session: { readonly accountId: string }
  }
}

/** A certified OpenID provider on loopback. Whoever is in `people` signs in by typing the name. */
export async function startOidcServer({ publicUrl, clientId, clientSecret, people }: OidcServerOptions) {
  const server = createServer()
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [`${publicUrl}/api/v1/session/oidc/city/callback`],
        post_logout_redirect_uris: [`${publicUrl}/sign-in`],
        response_types: ['code'],
        grant_types: ['authorization_code'],
      },
    ],
    cookies: { keys: ['tests only'] },
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    ttl: { AccessToken: 600, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
    pkce: { required: () => true },
    scopes: ['openid', 'profile'],
    claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups'] },
    features: {
      devInteractions: { enabled: false },
      // Its own page asks a font server elsewhere.
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (context: { body: string }, form: string) => {
          const button =
            '<button type="submit" form="op.logoutForm" name="logout" value="yes">Sign me out</button>'
          context.body = `<!doctype html><title>id</title>${form}${button}`
        },
      },
    },
    interactions: { url: (_: Context, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_: Context, id: string) => ({
      accountId: id,
      claims: async () => ({ sub: id, ...people[id] }),
    }),
    async loadExistingGrant({ oidc }: Context) {
      const grant = new oidc.provider.Grant({
        clientId: oidc.client.clientId,
        accountId: oidc.session.accountId,
      })
      grant.addOIDCScope('openid profile')
      await grant.save()
      return grant
    },
  })
  const answer = provider.callback()
  server.on('request', (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return void answer(request, response)
    if (request.method === 'GET') {
      const form = '<form method="post"><label>Name <input name="name"></label><button>Go</button></form>'
      response.writeHead(200, { 'content-type': 'text/html' }).end(`<!doctype html><title>id</title>${form}`)
      return
    }
    // What fails here fails the request, and with it the test.
    void nameOf(request).then((accountId) => {
      if (people[accountId] === undefined) response.writeHead(403).end('who?')
      else return provider.interactionFinished(request, response, { login: { accountId } })
    })
  })
  return {
    issuer,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function nameOf(request: IncomingMessage): Promise<string> {
  return new URLSearchParams(await text(request)).get('name') ?? ''
}
