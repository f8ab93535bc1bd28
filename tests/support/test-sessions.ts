import { randomBytes } from 'node:crypto'
import { Sealer } from '#cloud/users/sealer.ts'
import { type SessionOptions, SessionService } from '#cloud/users/session-service.ts'
import { createLogger } from '#lib/logger.ts'

/** Rules that refuse nothing. */
export const anyPassword = { minLength: 8, classes: 1, history: 0, blockCommon: false }

/** Sign-in and sessions with a key of their own. */
export function testSessions(
  options: Pick<SessionOptions, 'db' | 'clock'> & Partial<SessionOptions>,
): SessionService {
  return new SessionService({
    log: createLogger({ level: 'silent' }),
    sealer: new Sealer(randomBytes(32)),
    lifetimeMs: 86_400_000,
    idleMs: 86_400_000,
    passwords: anyPassword,
    secondFactor: [],
    ...options,
  })
}
