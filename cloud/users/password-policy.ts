import type { PasswordProblem, PasswordRules } from '#contract/api/me.ts'
import { isCommon } from './common-passwords.ts'
import type { PasswordsConfig } from './user-config.ts'

/** A passphrase needs no mixture of characters: its length is worth more. */
export const longFrom = 20

export function rulesOf({
  minLength,
  classes,
  history,
  maxAgeDays,
  blockCommon,
}: PasswordsConfig): PasswordRules {
  const age = maxAgeDays === undefined ? {} : { maxAgeDays }
  return { minLength, classes, longFrom, history, ...age, blockCommon }
}

/** What is wrong with a new password, everything at once. `names`: of the account and of its schools. Pure. */
export function passwordProblems(
  password: string,
  { minLength, classes, blockCommon }: PasswordsConfig,
  names: readonly string[],
): PasswordProblem[] {
  const problems: PasswordProblem[] = []
  const length = [...password].length
  if (length < minLength) problems.push({ rule: 'too-short', expected: minLength })
  if (length < longFrom && classesOf(password) < classes)
    problems.push({ rule: 'too-few-classes', expected: classes })
  if (!blockCommon) return problems
  if (isCommon(password)) problems.push({ rule: 'common' })
  if (names.some((name) => hasName(password, name))) problems.push({ rule: 'has-name' })
  return problems
}

/** Whether a password has to be changed at this sign-in. One whose age nobody wrote down is not counted as old. Pure. */
export function isExpired(setAt: number | null, { maxAgeDays }: PasswordsConfig, now: number): boolean {
  return maxAgeDays !== undefined && setAt !== null && now - setAt > maxAgeDays * 86_400_000
}

function classesOf(password: string): number {
  return [/\p{Lu}/u, /\p{Ll}/u, /\p{Nd}/u, /[^\p{Lu}\p{Ll}\p{Nd}]/u].filter((one) => one.test(password))
    .length
}

/** Short names are in half of all passwords by chance. */
function hasName(password: string, name: string): boolean {
  const wanted = name.trim().toLowerCase()
  const least = /\p{Script=Han}/u.test(wanted) ? 2 : 4
  return [...wanted].length >= least && password.toLowerCase().includes(wanted)
}
