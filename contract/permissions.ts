/**
 * Who may do what. A person holds grants: a role at a place of the organisation, or everywhere. `lead` is the duty lead (值班长),
 * `bureau` an official who only reads, `screen` a wall display.
 */
export const roles = ['admin', 'lead', 'facilities', 'guard', 'bureau', 'screen'] as const
export type Role = (typeof roles)[number]

export const permissions = [
  'view',
  'alarms.handle',
  'alarms.approve',
  'commands.give',
  'devices.manage',
  'gateways.manage',
  'dangers.handle',
  'dangers.review',
  'organisation.change',
  'users.manage',
  'notifications.manage',
  'audit.read',
] as const
export type Permission = (typeof permissions)[number]

const permissionsOf: Readonly<Record<Role, readonly Permission[]>> = {
  admin: permissions,
  lead: ['view', 'alarms.handle', 'alarms.approve', 'dangers.handle', 'dangers.review'],
  facilities: ['view', 'alarms.handle', 'commands.give', 'devices.manage', 'dangers.handle'],
  guard: ['view', 'alarms.handle', 'dangers.handle'],
  bureau: ['view'],
  screen: ['view'],
}

/** Which roles have it. */
export function rolesWith(permission: Permission): Role[] {
  return roles.filter((role) => allows(role, permission))
}

/** For who gives a role: everything that it brings. */
export function permissionsOfRole(role: Role): readonly Permission[] {
  return permissionsOf[role]
}

export function allows(role: Role, permission: Permission): boolean {
  return permissionsOf[role].includes(permission)
}
