import { createHash, randomBytes } from 'node:crypto'

const screenPrefix = 'screen_'

export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

/** A token of a wall display shows what it is, so that a person's is never looked for among them. */
export function newScreenToken(): string {
  return `${screenPrefix}${newToken()}`
}

export function isScreenToken(token: string): boolean {
  return token.startsWith(screenPrefix)
}

/** Tokens are long and random: a plain hash tells nobody anything. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
