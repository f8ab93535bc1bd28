import { instant } from '#cloud/http/instants.ts'
import type { OpenSession } from '#contract/api/me.ts'
import type { Account } from '#contract/api/users.ts'
import { describeAgent } from './describe-agent.ts'
import type { OpenSessionRow } from './open-sessions.ts'
import type { StoredUser } from './user-repository.ts'

/** Pure. */
export function accountView({ user, row }: StoredUser): Account {
  return {
    ...user,
    disabled: row.disabled_at !== null,
    passwordOnce: row.password_once === 1,
    secondFactor: row.totp_confirmed_at !== null,
    ...(row.provider === null ? {} : { provider: row.provider }),
    createdAt: instant(row.created_at),
    ...(row.last_sign_in_at === null ? {} : { lastSignInAt: instant(row.last_sign_in_at) }),
    version: row.version,
  }
}

/** Pure. */
export function openSessionView(row: OpenSessionRow, current: string | undefined): OpenSession {
  return {
    id: row.id,
    current: row.id === current,
    ...describeAgent(row.user_agent),
    userAgent: row.user_agent,
    address: row.address,
    signedInAt: instant(row.created_at),
    lastSeenAt: instant(row.last_seen_at),
    expiresAt: instant(row.expires_at),
    ...(row.provider === null ? {} : { provider: row.provider }),
  }
}
