import { randomInt } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import type { ChangeAudit } from '#cloud/state/change-audit.ts'
import type { Database } from '#cloud/state/database.ts'
import type { User } from '#contract/api/session.ts'
import type { Role } from '#contract/permissions.ts'
import type { Clock } from '#lib/clock.ts'
import { hashPassword, verifyPassword } from './password.ts'
import { type NewUser, UserRepository } from './user-repository.ts'

/** One account for each of these, everywhere. */
const demoRoles = ['admin', 'facilities', 'guard', 'bureau'] as const satisfies readonly Role[]
type DemoRole = (typeof demoRoles)[number]

export type DemoAccount = { readonly username: string; readonly password: string; readonly role: DemoRole }

export type DemoOptions = {
  readonly db: Database
  readonly clock: Clock
  /** Where the passwords are kept, readable by the owner only. */
  readonly file: string
  /** One password for all of them, instead of generated ones. */
  readonly password?: string
  readonly audit: AccountAudit
}

export type AccountAudit = (action: 'user.created' | 'user.password-set') => ChangeAudit

const displayNames: Readonly<Record<DemoRole, string>> = {
  admin: '管理员 Administrator',
  facilities: '设施运维 Facilities',
  guard: '值守 Guard',
  bureau: '教育局 Bureau',
}

/** One account per role, created at the first start. The same answer at every later one. */
export async function ensureDemoAccounts({
  db,
  clock,
  file,
  password,
  audit,
}: DemoOptions): Promise<readonly DemoAccount[]> {
  const kept = await readAccounts(file)
  const accounts = demoRoles.map((role) => ({
    username: role,
    role,
    password: password ?? kept.find((account) => account.role === role)?.password ?? generatePassword(),
  }))
  // The file first: a stop in between leaves passwords that the next start gives to the accounts.
  await writeFile(`${file}.new`, `${JSON.stringify(accounts, null, 2)}\n`, { mode: 0o600 })
  await rename(`${file}.new`, file)
  for (const account of accounts) await ensure({ db, audit }, account, clock.now())
  return accounts
}

async function ensure(
  { db, audit }: Pick<DemoOptions, 'db' | 'audit'>,
  { username, password, role }: DemoAccount,
  now: number,
): Promise<void> {
  const known = await new UserRepository(db).byName(username)
  if (known === undefined) {
    await create(
      { db, audit },
      { username, grants: [{ role }], displayName: displayNames[role], createdAt: now },
      password,
    )
  } else if (!(await verifyPassword(password, known.row.password_hash))) {
    const passwordHash = await hashPassword(password)
    const row = audit('user.password-set')
    row.note({ target: username })
    await db.transaction().execute(async (trx) => {
      await new UserRepository(trx).setPassword(username, passwordHash)
      await row.write(trx)
    })
  }
}

async function create(
  { db, audit }: Pick<DemoOptions, 'db' | 'audit'>,
  user: Omit<NewUser, 'passwordHash'>,
  password: string,
): Promise<User> {
  const passwordHash = await hashPassword(password)
  const row = audit('user.created')
  row.note({ target: user.username, after: { grants: user.grants, displayName: user.displayName } })
  return db.transaction().execute(async (trx) => {
    const created = await new UserRepository(trx).create({ ...user, passwordHash })
    await row.write(trx)
    return created
  })
}

/** The first administrator of a real installation. Throws AppError CONFLICT when the name is taken. */
export async function createAdmin(
  parts: Pick<DemoOptions, 'db' | 'audit'>,
  username: string,
  password: string,
): Promise<User> {
  const user = {
    username,
    grants: [{ role: 'admin' as const }],
    displayName: username,
    createdAt: Date.now(),
  }
  return create(parts, user, password)
}

async function readAccounts(file: string): Promise<readonly DemoAccount[]> {
  try {
    const accounts: unknown = JSON.parse(await readFile(file, 'utf8'))
    return Array.isArray(accounts) ? accounts.filter(isAccount) : []
  } catch {
    return [] // first start, or a file that somebody broke: new passwords are written
  }
}

function isAccount(value: unknown): value is DemoAccount {
  const { password, role } = (value ?? {}) as Partial<DemoAccount>
  return typeof password === 'string' && password.length > 0 && demoRoles.some((known) => known === role)
}

/** Without characters that look alike: it is typed from a terminal. 12 of 31 characters: 59 bits. */
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789'

function generatePassword(): string {
  const characters = Array.from({ length: 12 }, () => alphabet[randomInt(alphabet.length)])
  return characters.join('').replaceAll(/(.{4})(?=.)/g, '$1-')
}
