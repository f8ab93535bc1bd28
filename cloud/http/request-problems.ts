import type { FieldProblem } from '#contract/api/common.ts'

/** The fields of a TypeBox (and AJV) finding that are read here. */
export type Finding = {
  readonly keyword: string
  readonly schemaPath: string
  readonly instancePath: string
  readonly message?: string
  readonly params?: Record<string, unknown>
}

const partNames: Readonly<Record<string, string>> = {
  querystring: 'query',
  params: 'path',
  headers: 'header',
}

/** Every wrong field of a request once, in words for the person who wrote the request. Pure. */
export function requestProblems(findings: readonly Finding[], part: string): FieldProblem[] {
  const prefix = partNames[part] ?? part
  const problems = new Map<string, FieldProblem>()
  for (const finding of findings) {
    for (const { path, message } of explain(finding, findings)) {
      const full = `${prefix}${path}`
      if (!problems.has(full)) problems.set(full, { path: full, message })
    }
  }
  return [...problems.values()]
}

function explain(finding: Finding, all: readonly Finding[]): FieldProblem[] {
  const { keyword, instancePath, schemaPath, params, message = 'is not valid' } = finding
  switch (keyword) {
    case 'required':
      return textList(params?.requiredProperties).map((name) => ({
        path: `${instancePath}/${name}`,
        message: 'is required',
      }))
    case 'boolean':
      return schemaPath.endsWith('/additionalProperties')
        ? [{ path: instancePath, message: 'is not a known field' }]
        : [{ path: instancePath, message }]
    case 'additionalProperties':
      return [] // the field itself is named by the finding above
    case 'const': {
      const allowed = all
        .filter((other) => other.keyword === 'const' && other.instancePath === instancePath)
        .map((other) => String(other.params?.allowedValue))
      return [{ path: instancePath, message: `must be one of: ${allowed.join(', ')}` }]
    }
    default:
      return [{ path: instancePath, message }]
  }
}

function textList(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}
