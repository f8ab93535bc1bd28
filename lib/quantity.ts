import { Type } from 'typebox'

const unitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const unitsBytes = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 } as const

const durationPattern = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/
const byteSizePattern = /^(\d+(?:\.\d+)?)(B|KB|MB|GB|TB)$/

type Options = { readonly default?: string; readonly description?: string }

/** Schema of a length of time in a configuration file: `500ms`, `10s`, `15m`, `3h`, `2d`. */
export function Duration(options: Options = {}) {
  return Type.String({
    pattern: durationPattern.source,
    expects: 'a duration such as 500ms, 10s, 15m, 3h or 2d',
    ...options,
  })
}

/** Schema of an amount of memory or disk: `64KB`, `512MB`, `2GB`; 1 KB is 1024 bytes. */
export function ByteSize(options: Options = {}) {
  return Type.String({
    pattern: byteSizePattern.source,
    expects: 'a size such as 64KB, 512MB or 2GB',
    ...options,
  })
}

/** Milliseconds, whole. Throws on text that the schema `Duration` would have refused: that is a bug of the caller. */
export function parseDuration(text: string): number {
  const [, amount, unit] = durationPattern.exec(text) ?? []
  if (amount === undefined) throw new Error(`not a duration: ${text}`)
  return Math.round(Number(amount) * unitsMs[unit as keyof typeof unitsMs])
}

/** Bytes, whole. Throws on text that the schema `ByteSize` would have refused. */
export function parseByteSize(text: string): number {
  const [, amount, unit] = byteSizePattern.exec(text) ?? []
  if (amount === undefined) throw new Error(`not a size: ${text}`)
  return Math.round(Number(amount) * unitsBytes[unit as keyof typeof unitsBytes])
}
