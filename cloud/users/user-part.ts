import { join } from 'node:path'
import type { App } from '#cloud/http/app.ts'
import type { Session } from '#cloud/http/guard.ts'
import type { Database } from '#cloud/state/database.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { parseDuration } from '#lib/quantity.ts'
import { AccountService } from './account-service.ts'
import { CasProvider } from './cas-provider.ts'
import { meRoutes } from './me-routes.ts'
import { OidcProvider } from './oidc-provider.ts'
import { OwnAccount } from './own-account.ts'
import { Passwords } from './passwords.ts'
import type { Provider } from './provider.ts'
import { ProviderAccounts } from './provider-accounts.ts'
import { providerRoutes } from './provider-routes.ts'
import { screenDoor, screenRoutes } from './screen-routes.ts'
import { ScreenService } from './screen-service.ts'
import { openSealer, type Sealer } from './sealer.ts'
import { sessionRoutes } from './session-routes.ts'
import { SessionService } from './session-service.ts'
import { isScreenToken } from './tokens.ts'
import type { PasswordsConfig, SessionsConfig, SignInConfig } from './user-config.ts'
import { userRoutes } from './user-routes.ts'

export type UserPartOptions = {
  readonly db: Database
  readonly clock: Clock
  readonly log: Logger
  readonly sealer: Sealer
  readonly passwords: PasswordsConfig
  readonly sessions: SessionsConfig
  readonly signIn: SignInConfig
  /** Of sign-in services that have one, by their id. */
  readonly providerSecrets: ReadonlyMap<string, string>
}

/** Accounts, sign-in, sessions and wall displays. */
export type UserPart = {
  /** Failed attempts to sign in from before a restart count. */
  readonly restore: () => Promise<void>
  readonly find: (token: string) => Promise<Session | undefined>
  readonly routes: (api: App) => void
  /** What is not under `/api/v1`. */
  readonly door: (app: App) => void
}

export type OpenOptions = Omit<UserPartOptions, 'sealer'> & {
  /** Where the key lies that secrets in the store are sealed with. */
  readonly folder: string
}

export async function openUsers({ folder, ...options }: OpenOptions): Promise<UserPart> {
  const part = createUsers({ ...options, sealer: await openSealer(join(folder, 'users.key')) })
  await part.restore()
  return part
}

export function createUsers(options: UserPartOptions): UserPart {
  const { db, clock, log, sealer, signIn } = options
  const idleMs = parseDuration(options.sessions.idle)
  const lifetimeMs = parseDuration(options.sessions.lifetime)
  const { secondFactor } = signIn
  const passwords = new Passwords(db, options.passwords)
  const common = { db, clock, sealer, secondFactor, idleMs }
  const sessions = new SessionService({ ...common, log, lifetimeMs, passwords: options.passwords })
  const screens = new ScreenService({ db, clock })
  const providers = providersOf(options)
  const accounts = new ProviderAccounts({ db, clock, log, sessions })
  return {
    restore: () => sessions.restore(),
    find: (token) => (isScreenToken(token) ? screens.find(token) : sessions.find(token)),
    routes: (api) => {
      sessionRoutes(api, {
        sessions,
        signOutUrl: (provider) => providers.find(({ id }) => id === provider)?.signOutUrl(),
      })
      providerRoutes(api, { providers, accounts, sealer, clock, publicUrl: signIn.publicUrl ?? '' })
      meRoutes(api, new OwnAccount({ ...common, passwords }))
      userRoutes(api, new AccountService({ db, clock, sealer, passwords }))
      screenRoutes(api, screens)
    },
    door: (app) => screenDoor(app, { screens, sessions }),
  }
}

/** The configuration was checked: with a service there is a public address. */
function providersOf({ signIn, providerSecrets }: UserPartOptions): Provider[] {
  const { publicUrl = '', oidc, cas } = signIn
  return [
    ...oidc.map((config) => new OidcProvider({ config, secret: providerSecrets.get(config.id), publicUrl })),
    ...cas.map((config) => new CasProvider({ config, publicUrl })),
  ]
}
