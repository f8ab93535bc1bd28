/** A content as the text that a person edits, and back, with the line of everything in it. Pure. */
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Scalar, stringify } from 'yaml'
import type { ConfigContent } from '#contract/configuration.ts'

export type TextProblem = {
  readonly line?: number
  readonly path: string
  readonly message: string
  readonly ours?: true
}
export type ReadText =
  | {
      readonly ok: true
      readonly content: ConfigContent
      readonly lineOf: (path: string) => number | undefined
    }
  | { readonly ok: false; readonly problems: readonly TextProblem[] }

export function textOf(content: ConfigContent): string {
  return Object.keys(content).length === 0 ? '' : stringify(content, { lineWidth: 100 })
}

export function readText(text: string): ReadText {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2' })
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ pos: [at], message }) => ({
      ...{ line: lines.linePos(at).line, path: '', message },
    }))
    return { ok: false, problems }
  }
  const value: unknown = document.toJS({ maxAliasCount: 100 }) ?? {}
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { ok: false, problems: [{ line: 1, path: '', message: 'not a map of sections' }] }
  return {
    ok: true,
    content: value as ConfigContent,
    lineOf: (path) => {
      const at = startOf(document.contents, segmentsOf(path))
      return at === undefined ? undefined : lines.linePos(at).line
    },
  }
}

/** `devices[2].unit` */
export function segmentsOf(path: string): (string | number)[] {
  return [...path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, key = '']) =>
    index === undefined ? key : Number(index),
  )
}

/** Where the deepest part of the path begins that is there. */
function startOf(node: unknown, [first, ...rest]: readonly (string | number)[]): number | undefined {
  const own = (node as Scalar | null | undefined)?.range?.[0]
  if (first === undefined) return own
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(first))
    if (pair === undefined) return own
    return (
      (rest.length === 0 ? undefined : startOf(pair.value, rest)) ?? (pair.key as Scalar).range?.[0] ?? own
    )
  }
  if (isSeq(node) && typeof first === 'number') return startOf(node.items[first], rest) ?? own
  return own
}
