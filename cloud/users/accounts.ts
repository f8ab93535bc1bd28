import { randomInt } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import type { Database } from '#cloud/state/database.ts'
import { type Role, roles, type User } from '#contract/api/session.ts'
import type { Clock } from '#lib/clock.ts'
import { hashPassword, verifyPassword } from './password.ts'
import { UserRepository } from './user-repository.ts'

export type DemoAccount = { readonly username: string; readonly password: string; readonly role: Role }

export type DemoOptions = {
  readonly db: Database
  readonly clock: Clock
  /** Where the passwords are kept, readable by the owner only. */
  readonly file: string
  /** One password for all of them, instead of generated ones. */
  readonly password?: string
}

export const minPasswordLength = 10

const displayNames: Readonly<Record<Role, string>> = {
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
}: DemoOptions): Promise<readonly DemoAccount[]> {
  const kept = await readAccounts(file)
  const accounts = roles.map((role) => ({
    username: role,
    role,
    password: password ?? kept.find((account) => account.role === role)?.password ?? generatePassword(),
  }))
  // The file first: a stop in between leaves passwords that the next start gives to the accounts.
  await writeFile(`${file}.new`, `${JSON.stringify(accounts, null, 2)}\n`, { mode: 0o600 })
  await rename(`${file}.new`, file)
  for (const account of accounts) await ensure(new UserRepository(db), account, clock.now())
  return accounts
}

async function ensure(
  users: UserRepository,
  { username, password, role }: DemoAccount,
  now: number,
): Promise<void> {
  const known = await users.byName(username)
  if (known === undefined) {
    const passwordHash = await hashPassword(password)
    await users.create({ username, passwordHash, role, displayName: displayNames[role], createdAt: now })
  } else if (!(await verifyPassword(password, known.passwordHash))) {
    await users.setPassword(username, await hashPassword(password))
  }
}

/** The first administrator of a real installation. Throws AppError CONFLICT when the name is taken. */
export async function createAdmin(db: Database, username: string, password: string): Promise<User> {
  const passwordHash = await hashPassword(password)
  return new UserRepository(db).create({
    username,
    passwordHash,
    role: 'admin',
    displayName: username,
    createdAt: Date.now(),
  })
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
  return typeof password === 'string' && password.length > 0 && roles.some((known) => known === role)
}

/** Without characters that look alike: it is typed from a terminal. 12 of 31 characters: 59 bits. */
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789'

function generatePassword(): string {
  const characters = Array.from({ length: 12 }, () => alphabet[randomInt(alphabet.length)])
  return characters.join('').replaceAll(/(.{4})(?=.)/g, '$1-')
}
