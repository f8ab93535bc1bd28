import type { User } from '#contract/api/session.ts'
import type { Role } from '#contract/permissions.ts'

/** Li, with one role everywhere. */
export function testUser(role: Role, more: Partial<User> = {}): User {
  return { id: 'u1', username: 'li', displayName: '李娜', role, grants: [{ role }], ...more }
}
