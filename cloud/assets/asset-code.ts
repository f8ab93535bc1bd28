import { randomBytes } from 'node:crypto'

/** Crockford's alphabet: without I, L, O and U. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const length = 10

/** A new code for a label: one of 2^50, so that two of a million are the same once in some two thousand such registers. */
export function assetCode(): string {
  return Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join('')
}
