import { parseDuration } from '#lib/quantity.ts'
import { wholePattern } from './claims.ts'
import type { CasConfig, OidcConfig, Rule, SessionsConfig, SignInConfig } from './user-config.ts'

export type SignInProblem = { readonly path: readonly (string | number)[]; readonly message: string }

const hourMs = 3_600_000
/** A guard's shift: nobody is signed out in the middle of it. */
const shiftMs = 12 * hourMs
const leastIdleMs = 600_000

/** What the schema cannot see. Pure. */
export function signInProblems({
  signIn,
  sessions,
}: {
  readonly signIn: SignInConfig
  readonly sessions: SessionsConfig
}): SignInProblem[] {
  const problems: SignInProblem[] = []
  if (parseDuration(sessions.lifetime) < shiftMs)
    problems.push({ path: ['sessions', 'lifetime'], message: 'expected at least 12h, the length of a shift' })
  if (parseDuration(sessions.idle) < leastIdleMs)
    problems.push({ path: ['sessions', 'idle'], message: 'expected at least 10m' })
  const seen = new Set<string>()
  for (const [provider, path] of providersOf(signIn)) {
    problems.push(...providerProblems(provider, path))
    if (seen.has(provider.id))
      problems.push({ path: [...path, 'id'], message: `${provider.id} is there already` })
    seen.add(provider.id)
  }
  if (seen.size > 0 && signIn.publicUrl === undefined)
    problems.push({
      path: ['signIn', 'publicUrl'],
      message: 'is needed with oidc or cas: services send browsers there',
    })
  return problems
}

type Path = SignInProblem['path']

function providersOf({ oidc, cas }: SignInConfig): [OidcConfig | CasConfig, Path][] {
  return [
    ...oidc.map((one, index): [OidcConfig, Path] => [one, ['signIn', 'oidc', index]]),
    ...cas.map((one, index): [CasConfig, Path] => [one, ['signIn', 'cas', index]]),
  ]
}

function providerProblems(provider: OidcConfig | CasConfig, path: Path): SignInProblem[] {
  const [key, address] = 'issuer' in provider ? ['issuer', provider.issuer] : ['url', provider.url]
  const problems = provider.rules.flatMap((rule, index) => ruleProblems(rule, [...path, 'rules', index]))
  if (isSafe(address)) return problems
  const message = 'expected https://: what it says would be anybody’s to change'
  return [{ path: [...path, key], message }, ...problems]
}

function ruleProblems({ value, matches, node, school }: Rule, path: SignInProblem['path']): SignInProblem[] {
  const problems: SignInProblem[] = []
  if (value !== undefined && matches !== undefined)
    problems.push({ path, message: 'value or matches, not both' })
  if (node !== undefined && school !== undefined) problems.push({ path, message: 'node or school, not both' })
  if (school?.includes('$') && matches === undefined)
    problems.push({ path: [...path, 'school'], message: '$1 needs matches' })
  if (matches !== undefined) {
    try {
      wholePattern(matches)
    } catch (error) {
      problems.push({
        path: [...path, 'matches'],
        message: `is no regular expression: ${(error as Error).message}`,
      })
    }
  }
  return problems
}

/** Plain text only within this machine. */
function isSafe(address: string): boolean {
  if (!URL.canParse(address)) return false
  const { protocol, hostname } = new URL(address)
  return protocol === 'https:' || ['127.0.0.1', '[::1]', 'localhost'].includes(hostname)
}
