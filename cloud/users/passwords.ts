import { randomInt } from 'node:crypto'
import type { Database } from '#cloud/state/database.ts'
import type { PasswordProblem, PasswordRule, PasswordRules } from '#contract/api/me.ts'
import type { Grant } from '#contract/api/session.ts'
import { AppError } from '#contract/errors.ts'
import { hashPassword, verifyPassword } from './password.ts'
import { longFrom, passwordProblems, rulesOf } from './password-policy.ts'
import type { PasswordsConfig } from './user-config.ts'
import { type StoredUser, UserRepository } from './user-repository.ts'

/** Without characters that look alike: it is typed from a screen or from paper. */
const groups = ['ABCDEFGHJKLMNPQRSTUVWXYZ', 'abcdefghijkmnpqrstuvwxyz', '23456789'] as const

/** Three groups of four, with letters of both kinds and digits: 64 bits. */
export function generatePassword(): string {
  const all = groups.join('')
  for (;;) {
    const characters = Array.from({ length: 12 }, () => all[randomInt(all.length)] ?? '')
    const text = characters.join('').replaceAll(/(.{4})(?=.)/g, '$1-')
    if (groups.every((group) => characters.some((one) => group.includes(one)))) return text
  }
}

/** New passwords by the rules of the configuration. */
export class Passwords {
  readonly #db: Database
  readonly #config: PasswordsConfig

  constructor(db: Database, config: PasswordsConfig) {
    this.#db = db
    this.#config = config
  }

  get rules(): PasswordRules {
    return rulesOf(this.#config)
  }

  /** The hash of a new password of the person's own. Throws AppError PASSWORD_REFUSED with every broken rule. */
  async accept({ user, row }: StoredUser, password: string): Promise<string> {
    const problems = passwordProblems(password, this.#config, [
      user.username,
      user.displayName,
      ...(await this.#schoolNames(user.grants)),
    ])
    if (await this.#wasUsed(row.id, row.password_hash, password)) problems.push({ rule: 'used-before' })
    if (problems.length > 0) throw refused(problems)
    return await hashPassword(password)
  }

  /** Remembers the password that goes, if the person chose it. Call it on the transaction that sets the new one. */
  async remember(trx: Database, { id, password_hash, password_once }: StoredUser['row']): Promise<void> {
    const { history } = this.#config
    if (password_once === 1) return
    const last = await trx
      .selectFrom('old_passwords')
      .select('n')
      .where('user_id', '=', id)
      .orderBy('n', 'desc')
      .limit(1)
      .executeTakeFirst()
    const n = (last?.n ?? 0) + 1
    await trx.insertInto('old_passwords').values({ user_id: id, n, password_hash }).execute()
    await trx
      .deleteFrom('old_passwords')
      .where('user_id', '=', id)
      .where('n', '<=', n - history)
      .execute()
  }

  async #wasUsed(user: string, present: string, password: string): Promise<boolean> {
    const old = await this.#db
      .selectFrom('old_passwords')
      .select('password_hash')
      .where('user_id', '=', user)
      .orderBy('n', 'desc')
      .limit(this.#config.history)
      .execute()
    for (const hash of [present, ...old.map(({ password_hash }) => password_hash)])
      if (await verifyPassword(password, hash)) return true
    return false
  }

  /** Of the campuses where the person has a role, or within which. */
  async #schoolNames(grants: readonly Grant[]): Promise<string[]> {
    const nodes = grants.flatMap(({ node }) => node ?? [])
    if (nodes.length === 0) return []
    const rows = await this.#db
      .selectFrom('tree_paths')
      .innerJoin('tree_nodes', 'tree_nodes.id', 'tree_paths.ancestor')
      .select(['tree_nodes.id', 'title_zh', 'title_en', 'school_code'])
      .where('tree_paths.node', 'in', nodes)
      .where('kind', '=', 'campus')
      .execute()
    return rows.flatMap(({ id, title_zh, title_en, school_code }) =>
      [id, title_zh, title_en, school_code].filter((name) => name !== null),
    )
  }
}

const words: Readonly<Record<PasswordRule, (expected: number) => string>> = {
  'too-short': (expected) => `it needs at least ${expected} characters`,
  'too-few-classes': (expected) =>
    `it needs ${expected} of capital letters, small letters, digits and others, or ${longFrom} characters`,
  common: () => 'it is one of those that are tried first',
  'has-name': () => 'it has the name of the account or of its school in it',
  'used-before': () => 'it was used before',
}

export function refused(problems: readonly PasswordProblem[]): AppError {
  const text = problems.map(({ rule, expected = 0 }) => words[rule](expected)).join('; ')
  return new AppError('PASSWORD_REFUSED', `the password is refused: ${text}`, { details: problems })
}

/** Sets a password and what depends on it. Call it on a transaction. */
export async function setPassword(
  trx: Database,
  user: string,
  { hash, once, now }: { readonly hash: string; readonly once: boolean; readonly now: number },
): Promise<void> {
  await new UserRepository(trx).update(user, {
    password_hash: hash,
    password_once: once ? 1 : 0,
    password_set_at: now,
  })
}
