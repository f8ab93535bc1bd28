import { badRequest } from './bad-request.ts'

export type Page<T> = { items: T[]; nextCursor?: string }
type Key = readonly (string | number)[]

/** The first `limit` of `rows`, which were read one further, and the cursor after the last of them. */
export function pageOf<R, T>(
  rows: readonly R[],
  limit: number,
  { key, item }: { key: (row: R) => Key; item: (row: R) => T },
): Page<T> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const items = shown.map(item)
  return rows.length > limit && last !== undefined ? { items, nextCursor: cursorOf(key(last)) } : { items }
}

export function cursorOf(key: Key): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url')
}

/** The key in a cursor of ours with `types`. Throws AppError BAD_REQUEST for anything else. */
export function keyOf<T extends readonly ('string' | 'number')[]>(
  cursor: string | undefined,
  ...types: T
): { -readonly [I in keyof T]: T[I] extends 'string' ? string : number } | undefined {
  if (cursor === undefined) return undefined
  const key = parse(cursor)
  const matches =
    Array.isArray(key) && key.length === types.length && types.every((type, i) => typeof key[i] === type)
  if (!matches) throw badRequest([{ path: 'query/cursor', message: 'is not a cursor of this list' }])
  return key as { -readonly [I in keyof T]: T[I] extends 'string' ? string : number }
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return undefined
  }
}
