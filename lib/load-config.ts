import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Static, TSchema } from 'typebox'
import { Check, Errors } from 'typebox/schema'
import {
  type Document,
  isCollection,
  isMap,
  isScalar,
  LineCounter,
  parseDocument,
  type Scalar,
  visit,
} from 'yaml'
import { explain, type Finding, type Path } from './explain.ts'

/** Something wrong in a file, for the person who wrote it. `path` is `devices[2].unit`, empty for the whole file. */
export type ConfigProblem = {
  readonly path: string
  readonly line?: number
  readonly message: string
  /** Where it is not the configuration itself but a file it leads to. */
  readonly file?: string
  /** What would have to be left out to be rid of it, where that is possible. */
  readonly entry?: string
}

/** What is laid over a file: from another place, and checked together with it. */
export type Overlay = {
  /** Where it comes from, for problems in it. */
  readonly name: string
  readonly apply: (raw: unknown) => { readonly value: unknown; readonly findings: readonly Finding[] }
  /** Whether what stands at the path came with it. */
  readonly owns: (path: Path) => boolean
  /** See `ConfigProblem.entry`. */
  readonly entryOf: (path: Path, value: unknown) => string | undefined
}

export type Loaded<T> =
  | { readonly ok: true; readonly value: T; readonly lineOf: LineOf }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] }

/** The line of a key of the file, for problems found after loading: `lineOf(['devices', 2, 'unit'])`. */
export type LineOf = (path: Path) => number | undefined

export type Environment = Readonly<Record<string, string | undefined>>

export type ConfigSource<S extends TSchema> = {
  readonly file: string
  readonly schema: S
  /** Where `${NAME}` in the file is looked up; without it such text stays as it is. */
  readonly env?: Environment
  readonly overlay?: Overlay
}

/**
 * YAML → `${ENV}` → defaults → schema → frozen value. Lists every problem at once with path and line; never throws for
 * what is in the file or for a file that cannot be read.
 */
export async function loadConfig<S extends TSchema>(source: ConfigSource<S>): Promise<Loaded<Static<S>>> {
  let text: string
  try {
    text = await readFile(source.file, 'utf8')
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error)
    return { ok: false, problems: [{ path: '', message: `cannot read the file (${reason})` }] }
  }
  return parseConfig(text, source.schema, source.env, source.overlay)
}

/** The same for text that is already in memory. Pure. */
export function parseConfig<S extends TSchema>(
  text: string,
  schema: S,
  env?: Environment,
  overlay?: Overlay,
): Loaded<Static<S>> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: '1.2' })
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({
      path: '',
      line: lines.linePos(error.pos[0]).line,
      message: `not valid YAML: ${error.message}`,
    }))
    return { ok: false, problems }
  }
  const lineOf: LineOf = (path) => lineAt(document, lines, path)
  const problems: ConfigProblem[] = env === undefined ? [] : replaceEnvironment(document, env, lines)
  const raw: unknown = document.toJS({ maxAliasCount: 100 }) ?? {}
  const laid = overlay?.apply(raw) ?? { value: raw, findings: [] }
  const { value, findings } = explain(schema, laid.value)
  for (const { path, message } of [...laid.findings, ...findings])
    problems.push(overlaidProblem(path, message, { lineOf, overlay, value: laid.value }))
  if (problems.length > 0) return { ok: false, problems: sorted(problems) }

  // Not compiled: a configuration is read once, and the code made for a large schema would stay in memory.
  if (Check(schema, value)) return { ok: true, value: deepFreeze(value as Static<S>), lineOf }
  const [, errors] = Errors(schema, value)
  return { ok: false, problems: errors.map(({ instancePath, message }) => ({ path: instancePath, message })) }
}

export function problemAt(path: Path, message: string, lineOf?: LineOf): ConfigProblem {
  const line = lineOf?.(path)
  return line === undefined ? { path: pathText(path), message } : { path: pathText(path), line, message }
}

type Where = { readonly lineOf: LineOf; readonly overlay: Overlay | undefined; readonly value: unknown }

/** A problem of what was laid over has the place it came from, and no line of the file. */
export function overlaidProblem(
  path: Path,
  message: string,
  { lineOf, overlay, value }: Where,
): ConfigProblem {
  if (overlay === undefined) return problemAt(path, message, lineOf)
  const entry = overlay.entryOf(path, value)
  const where = overlay.owns(path)
    ? { ...problemAt(path, message), file: overlay.name }
    : problemAt(path, message, lineOf)
  return entry === undefined ? where : { ...where, entry }
}

/** `gateway.yaml:12: devices[2].unit: expected …` */
export function formatProblem(configFile: string, problem: ConfigProblem): string {
  const { path, line, message, file = configFile } = problem
  return [line === undefined ? file : `${file}:${line}`, path, message]
    .filter((part) => part !== '')
    .join(': ')
}

/** A path written in a configuration file is relative to that file. */
export function besideConfig(configFile: string, path: string): string {
  return resolve(dirname(configFile), path)
}

/** The content of an `xFile` field, without the line end that editors add. */
export async function readSecretFile(configFile: string, path: string): Promise<string> {
  return (await readFile(besideConfig(configFile, path), 'utf8')).replace(/\r?\n$/, '')
}

export function pathText(path: Path): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join('')
}

/** `${NAME}` inside text; `$${NAME}` stays as `${NAME}`. An unquoted value that becomes a number counts as one. */
function replaceEnvironment(document: Document, env: Environment, lines: LineCounter): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  visit(document, {
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return
      const text = node.value.replaceAll(/\$?\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (match, name: string) => {
        if (match.startsWith('$$')) return match.slice(1)
        const found = env[name]
        if (found === undefined) {
          const line = lines.linePos(node.range?.[0] ?? 0).line
          problems.push({ path: '', line, message: `environment variable ${name} is not set` })
        }
        return found ?? match
      })
      node.value = node.type === 'PLAIN' && /^-?\d{1,15}(\.\d+)?$/.test(text) ? Number(text) : text
    },
  })
  return problems
}

/** The line of the deepest part of `path` that is in the file; for a key, the line of the key itself. */
export function lineAt(document: Document, lines: LineCounter, path: Path): number | undefined {
  for (let depth = path.length; depth >= 0; depth--) {
    const start = startOf(document, path.slice(0, depth))
    if (start !== undefined) return lines.linePos(start).line
  }
  return undefined
}

function startOf(document: Document, path: Path): number | undefined {
  const last = path.at(-1)
  const parent = path.length < 2 ? document.contents : document.getIn(path.slice(0, -1), true)
  if (last === undefined) return document.contents?.range?.[0]
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(last))
    return (pair?.key as Scalar | undefined)?.range?.[0]
  }
  const node = isCollection(parent) ? parent.get(last, true) : undefined
  return (node as Scalar | undefined)?.range?.[0]
}

function sorted(problems: readonly ConfigProblem[]): ConfigProblem[] {
  return problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0))
}

export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const child of Object.values(value)) deepFreeze(child)
    Object.freeze(value)
  }
  return value
}
