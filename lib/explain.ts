import type { TSchema } from 'typebox'

/** Where in the value, as keys and indexes: `['devices', 2, 'unit']`. */
export type Path = readonly (string | number)[]
export type Finding = { readonly path: Path; readonly message: string }

/** The JSON Schema keywords that configuration and profiles use. */
type Node = {
  type?: string
  const?: unknown
  enum?: unknown[]
  anyOf?: Node[]
  properties?: Record<string, Node>
  patternProperties?: Record<string, Node>
  additionalProperties?: boolean | Node
  required?: string[]
  items?: Node
  prefixItems?: Node[]
  default?: unknown
  pattern?: string
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  description?: string
  /** Our own keyword: what a person should write, used in messages. */
  expects?: string
}

type Visit = { readonly value: unknown; readonly findings: Finding[] }

/**
 * Fills in the defaults of `schema` and says everything that is wrong, in words for the person who wrote the file. Pure;
 * the value given is not changed. It knows the keywords above and no others: the caller checks the result against the
 * compiled schema as well.
 */
export function explain(schema: TSchema, value: unknown): Visit {
  return visit(schema as Node, value, [])
}

function visit(schema: Node, value: unknown, path: Path): Visit {
  if (value === undefined && schema.default !== undefined) {
    return visit(schema, structuredClone(schema.default), path)
  }
  if (schema.anyOf !== undefined) return visitUnion(schema, schema.anyOf, value, path)
  if (schema.type === 'object' && isObject(value)) return visitObject(schema, value, path)
  if (schema.type === 'array' && Array.isArray(value)) return visitArray(schema, value, path)
  return fits(schema, value) ? { value, findings: [] } : wrong(schema, value, path)
}

function visitObject(schema: Node, value: Record<string, unknown>, path: Path): Visit {
  const findings: Finding[] = []
  const filled: Record<string, unknown> = {}
  const known = schema.properties ?? {}
  for (const [key, child] of Object.entries(known)) {
    if (value[key] === undefined && child.default === undefined) {
      if (schema.required?.includes(key)) {
        findings.push({ path: [...path, key], message: `missing; expected ${expected(child)}` })
      }
      continue
    }
    const visited = visit(child, value[key], [...path, key])
    filled[key] = visited.value
    findings.push(...visited.findings)
  }
  for (const key of Object.keys(value).filter((one) => !(one in known))) {
    const visited = visitUnnamed(schema, key, value[key], [...path, key])
    filled[key] = visited.value
    findings.push(...visited.findings)
  }
  return { value: filled, findings }
}

/** A key that `properties` does not name: a pattern takes it, or the schema is open, or it is a mistake. */
function visitUnnamed(schema: Node, key: string, value: unknown, path: Path): Visit {
  for (const [pattern, child] of Object.entries(schema.patternProperties ?? {})) {
    if (new RegExp(pattern).test(key)) return visit(child, value, path)
  }
  const rest = schema.additionalProperties
  if (isObject(rest)) return visit(rest as Node, value, path)
  if (rest !== false) return { value, findings: [] }
  const close = closest(key, Object.keys(schema.properties ?? {}))
  const hint = close === undefined ? '' : `; did you mean ${close}?`
  return { value, findings: [{ path, message: `unknown key${hint}` }] }
}

function visitArray(schema: Node, value: unknown[], path: Path): Visit {
  const findings: Finding[] = []
  if (value.length < (schema.minItems ?? 0) || value.length > (schema.maxItems ?? Number.POSITIVE_INFINITY)) {
    findings.push({ path, message: `expected ${expected(schema)}, found ${value.length} entries` })
  }
  const items = value.map((item, index) => {
    const visited = visit(schema.prefixItems?.[index] ?? schema.items ?? {}, item, [...path, index])
    findings.push(...visited.findings)
    return visited.value
  })
  return { value: items, findings }
}

/** Explains the branch the author meant: the one whose literal keys fit, else the one with the fewest problems. */
function visitUnion(schema: Node, branches: Node[], value: unknown, path: Path): Visit {
  const visits = branches.map((branch) => ({ branch, visited: visit(branch, value, path) }))
  const good = visits.find(({ visited }) => visited.findings.length === 0)
  if (good !== undefined) return good.visited
  const alike = visits.filter(({ branch }) => isObject(value) && branch.type === 'object')
  if (alike.length === 0) return wrong(schema, value, path)
  alike.sort((a, b) => score(a.branch, a.visited, value) - score(b.branch, b.visited, value))
  return alike[0]?.visited ?? wrong(schema, value, path)
}

function score(branch: Node, visited: Visit, value: unknown): number {
  const wrongLiterals = Object.entries(branch.properties ?? {}).filter(
    ([key, child]) => child.const !== undefined && isObject(value) && value[key] !== child.const,
  )
  return wrongLiterals.length * 1000 + visited.findings.length
}

function fits(schema: Node, value: unknown): boolean {
  if ('const' in schema) return value === schema.const
  if (schema.enum !== undefined) return schema.enum.includes(value)
  switch (schema.type) {
    case 'integer':
      return Number.isSafeInteger(value) && inRange(schema, value as number)
    case 'number':
      return Number.isFinite(value) && inRange(schema, value as number)
    case 'string':
      return typeof value === 'string' && textFits(schema, value)
    case 'boolean':
      return typeof value === 'boolean'
    case 'null':
      return value === null
    case 'object':
    case 'array':
      return false
    default:
      return true
  }
}

function inRange(schema: Node, value: number): boolean {
  return (
    value >= (schema.minimum ?? Number.NEGATIVE_INFINITY) &&
    value <= (schema.maximum ?? Number.POSITIVE_INFINITY) &&
    value > (schema.exclusiveMinimum ?? Number.NEGATIVE_INFINITY)
  )
}

function textFits(schema: Node, value: string): boolean {
  return (
    value.length >= (schema.minLength ?? 0) &&
    value.length <= (schema.maxLength ?? Number.POSITIVE_INFINITY) &&
    (schema.pattern === undefined || new RegExp(schema.pattern).test(value))
  )
}

function wrong(schema: Node, value: unknown, path: Path): Visit {
  return { value, findings: [{ path, message: `expected ${expected(schema)}, found ${shown(value)}` }] }
}

/** What the schema wants, in words. */
function expected(schema: Node): string {
  if (schema.expects !== undefined) return schema.expects
  if ('const' in schema) return JSON.stringify(schema.const)
  if (schema.enum !== undefined) return listOf(schema.enum.map((one) => JSON.stringify(one)))
  if (schema.anyOf !== undefined) return listOf([...new Set(schema.anyOf.map(expected))])
  switch (schema.type) {
    case 'integer':
    case 'number':
      return (schema.type === 'integer' ? 'an integer' : 'a number') + rangeText(schema)
    case 'string':
      return textWanted(schema)
    case 'boolean':
      return 'true or false'
    case 'null':
      return 'null'
    case 'object':
      return 'a map'
    case 'array':
      return `a list${countText(schema)}`
    default:
      return 'a value'
  }
}

function textWanted(schema: Node): string {
  if (schema.pattern === undefined) return `text${lengthText(schema)}`
  const { description } = schema
  if (description === undefined) return `text matching ${schema.pattern}`
  return description.charAt(0).toLowerCase() + description.slice(1)
}

function listOf(words: string[]): string {
  return words.length === 1 ? (words[0] ?? '') : `one of ${words.join(', ')}`
}

function rangeText({ minimum, maximum, exclusiveMinimum }: Node): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`
  if (minimum !== undefined) return ` of at least ${minimum}`
  if (maximum !== undefined) return ` of at most ${maximum}`
  return exclusiveMinimum === undefined ? '' : ` above ${exclusiveMinimum}`
}

function lengthText({ minLength, maxLength }: Node): string {
  if (maxLength !== undefined) return ` of ${minLength ?? 0} to ${maxLength} characters`
  return minLength === undefined ? '' : ` of at least ${minLength} characters`
}

function countText({ minItems, maxItems }: Node): string {
  if (maxItems !== undefined) return ` of ${minItems ?? 0} to ${maxItems} entries`
  return minItems === undefined ? '' : ` of at least ${minItems} entries`
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (isObject(value)) return 'a map'
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 80 ? `${text.slice(0, 77)}…"` : text
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A known key that differs only in case, separators or one letter. */
export function closest(key: string, known: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[_-]/g, '')
  return known.find((one) => plain(one) === plain(key)) ?? known.find((one) => oneEditApart(one, key))
}

function oneEditApart(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1 || Math.min(a.length, b.length) < 3) return false
  let start = 0
  while (start < a.length && a[start] === b[start]) start++
  const restA = a.slice(start + (a.length >= b.length ? 1 : 0))
  const restB = b.slice(start + (b.length >= a.length ? 1 : 0))
  return restA === restB || swapped(a.slice(start), b.slice(start))
}

function swapped(a: string, b: string): boolean {
  return a.length === b.length && a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2)
}
