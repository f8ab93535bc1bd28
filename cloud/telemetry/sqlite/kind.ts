import { good } from '#contract/quality.ts'

/**
 * Type and quality of a sample in one small integer, so that the usual ones (a good number, a good boolean) cost no byte
 * in SQLite: 0 number, 1 boolean, 2 text, 3 none when good; anything else is `4 + quality * 4 + type`.
 */
export function kindOf(type: number, quality: number): number {
  const rotated = (type + 3) & 3
  return quality === good ? rotated : 4 + quality * 4 + rotated
}

export function typeOfKind(kind: number): number {
  return ((kind & 3) + 1) & 3
}

export function qualityCodeOfKind(kind: number): number {
  return kind < 4 ? good : (kind - 4) >> 2
}

/** SQL: good numbers and booleans, the only ones that count in a bucket. */
export const countsInBuckets = 'kind < 2'
