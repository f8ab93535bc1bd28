import { type Document, isAlias, isNode, LineCounter, parseDocument, visit } from 'yaml'
import type { Path } from '#lib/explain.ts'
import { lineAt } from '#lib/load-config.ts'

/** Something wrong in one profile file. `path` is `points.voltage.l1.unit`, empty for the whole file. */
export type ProfileProblem = {
  readonly file: string
  readonly line?: number
  readonly path: string
  readonly message: string
  /** Id of the profile that cannot be used because of it, where the mistake is in a file that this one extends. */
  readonly profile?: string
}

/** One file as data, and where in it things stand. `file` is its path below the folder of profiles. */
export type ProfileSource = {
  readonly file: string
  readonly value: unknown
  readonly lineOf: (path: Path) => number | undefined
}

export type ReadSource =
  | { readonly ok: true; readonly source: ProfileSource }
  | { readonly ok: false; readonly problems: readonly ProfileProblem[] }

const maxBytes = 64 * 1024

/** YAML to plain data: no aliases, no tags, nothing beyond all measure. Pure. */
export function readSource(text: string, file: string): ReadSource {
  if (Buffer.byteLength(text) > maxBytes)
    return { ok: false, problems: [{ file, path: '', message: `larger than ${maxBytes} bytes` }] }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2' })
  const problems = [...invalid(document, lines), ...notData(document, lines)]
  if (problems.length > 0)
    return { ok: false, problems: problems.map((problem) => ({ file, path: '', ...problem })) }
  const lineOf = (path: Path) => lineAt(document, lines, path)
  return { ok: true, source: { file, value: document.toJS() ?? {}, lineOf } }
}

type LineProblem = { readonly line: number; readonly message: string }

function invalid({ errors }: Document.Parsed, lines: LineCounter): LineProblem[] {
  return errors.map(({ pos, message }) => {
    return { line: lines.linePos(pos[0]).line, message: `not valid YAML: ${message}` }
  })
}

/** Anchors, aliases and tags turn data into a language of its own. */
function notData(document: Document.Parsed, lines: LineCounter): LineProblem[] {
  const found: LineProblem[] = []
  visit(document, {
    Node(_key, node) {
      const special =
        isAlias(node) || (isNode(node) && (node.tag !== undefined || ('anchor' in node && node.anchor)))
      if (!special) return
      const { line } = lines.linePos(node.range?.[0] ?? 0)
      found.push({ line, message: 'anchors, aliases and tags are not allowed in a profile' })
    },
  })
  return found
}
