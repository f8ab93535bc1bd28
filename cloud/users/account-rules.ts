import type { Access, Thing } from '#cloud/access/access.ts'
import type { FieldProblem } from '#contract/api/common.ts'
import type { Grant } from '#contract/api/session.ts'
import { AppError } from '#contract/errors.ts'
import { allows, permissionsOfRole } from '#contract/permissions.ts'

const manage = 'users.manage'

export function thingOfGrant({ node }: Pick<Grant, 'node'>): Thing {
  return node === undefined ? 'everything' : { node }
}

/** Whether somebody looks after an account: every role of it is at one of his places. Pure. */
export function looksAfter(access: Access, grants: readonly Grant[]): boolean {
  if (grants.length === 0) return access.can(manage, 'everything')
  return grants.every((grant) => access.can(manage, thingOfGrant(grant)))
}

/**
 * What stands against giving these roles. A place that the giver may not see is no place to him. Throws AppError FORBIDDEN for a
 * role where he has not all that it brings. Pure.
 */
export function grantProblems(
  access: Access,
  grants: readonly Grant[],
  isPlace: (node: string) => boolean,
): FieldProblem[] {
  const problems: FieldProblem[] = []
  for (const [index, grant] of grants.entries()) {
    const path = `body/grants/${index}`
    const thing = thingOfGrant(grant)
    const same = grants.findIndex(({ role, node }) => role === grant.role && node === grant.node)
    if (same !== index) problems.push({ path, message: 'is there twice' })
    if (grant.node !== undefined && !(isPlace(grant.node) && access.can('view', thing)))
      problems.push({ path: `${path}/node`, message: 'is no place of the organisation' })
    else if (!mayGive(access, grant))
      throw new AppError('FORBIDDEN', `you cannot give the role ${grant.role} ${placeWords(grant)}`)
  }
  return problems
}

/** Nobody gives more than he has. */
function mayGive(access: Access, grant: Grant): boolean {
  const thing = thingOfGrant(grant)
  return access.can(manage, thing) && permissionsOfRole(grant.role).every((one) => access.can(one, thing))
}

function placeWords({ node }: Grant): string {
  return node === undefined ? 'everywhere' : `at ${node}`
}

/** What an account is before and after a change, as far as these rules go. */
export type Standing = {
  readonly grants: readonly Grant[]
  readonly enabled: boolean
  readonly hasPassword: boolean
}

/** Throws AppError CONFLICT when nobody, or not the one who does it, could undo a change. `after` is absent for a deletion. */
export function refuseLockOut(
  before: Standing,
  after: Standing | undefined,
  { isOwn, otherAdmins }: { readonly isOwn: boolean; readonly otherAdmins: number },
): void {
  if (isOwn && after === undefined) throw new AppError('CONFLICT', 'nobody deletes his own account')
  if (isOwn && after?.enabled === false) throw new AppError('CONFLICT', 'nobody switches off his own account')
  if (isOwn && managesUsers(before) && !managesUsers(after))
    throw new AppError('CONFLICT', 'nobody takes away his own last role as administrator')
  if (isAdmin(before) && !isAdmin(after) && otherAdmins === 0)
    throw new AppError('CONFLICT', 'this is the last administrator of everything who has a password here')
}

function managesUsers(standing: Standing | undefined): boolean {
  return standing?.grants.some(({ role }) => allows(role, manage)) ?? false
}

/** Of everything, and able to sign in without anybody else's help. */
function isAdmin(standing: Standing | undefined): boolean {
  if (standing === undefined || !standing.enabled || !standing.hasPassword) return false
  return standing.grants.some(({ role, node }) => role === 'admin' && node === undefined)
}
