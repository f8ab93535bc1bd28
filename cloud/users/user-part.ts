import { join } from 'node:path'
import type { App } from '#cloud/http/app.ts'
import type { Session } from '#cloud/http/guard.ts'
import type { Database } from '#cloud/state/database.ts'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { parseDuration } from '#lib/quantity.ts'
import { AccountService } from './account-service.ts'
import { meRoutes } from './me-routes.ts'
import { OwnAccount } from './own-account.ts'
import { Passwords } from './passwords.ts'
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
  return {
    restore: () => sessions.restore(),
    find: (token) => (isScreenToken(token) ? screens.find(token) : sessions.find(token)),
    routes: (api) => {
      sessionRoutes(api, { sessions, signOutUrl: async () => undefined })
      meRoutes(api, new OwnAccount({ ...common, passwords }))
      userRoutes(api, new AccountService({ db, clock, sealer, passwords }))
      screenRoutes(api, screens)
    },
    door: (app) => screenDoor(app, { screens, sessions }),
  }
}
