import type { EnrolmentTokenRow } from '#cloud/state/tables.ts'

/**
 * `issue`: a certificate is due. `again`: the same gateway asks once more, because the answer was lost on its way. `stolen`:
 * it was used by somebody with another key, so one of the two is not the gateway. The others say why there is nothing to get.
 */
export type TokenVerdict = 'issue' | 'again' | 'stolen' | 'unknown' | 'replaced' | 'expired'

export type TokenFacts = Pick<EnrolmentTokenRow, 'expires_at' | 'replaced_at' | 'used_at' | 'key_hash'>

/** What becomes of a request with this token and the public key with this hash. Pure. */
export function judgeToken(token: TokenFacts | undefined, keyHash: string, now: number): TokenVerdict {
  if (token === undefined) return 'unknown'
  // Before its age: a thief who comes late is a thief all the same.
  if (token.used_at !== null && token.key_hash !== keyHash) return 'stolen'
  if (token.replaced_at !== null) return 'replaced'
  if (now >= token.expires_at) return 'expired'
  return token.used_at === null ? 'issue' : 'again'
}

/** In words for the person at the gateway. */
export const refusals = {
  unknown: 'there is no such enrolment token: copy it once more, or make a new one in the console',
  replaced: 'a newer enrolment token was made for this gateway: use that one',
  expired: 'the enrolment token has expired: make a new one in the console',
  stolen:
    'the enrolment token was used before, with another key: if that was not this gateway, revoke it in the console; then make a new token',
} as const satisfies Record<Exclude<TokenVerdict, 'issue' | 'again'>, string>
