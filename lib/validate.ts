import type { Static, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'

export type Problem = {
  /** JSON pointer into the value: `/devices/3/unit`. */
  readonly path: string
  readonly message: string
}

export type Validated<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** Compiles a schema once; the returned function lists every problem with its path and never throws. */
export function validator<S extends TSchema>(schema: S): (value: unknown) => Validated<Static<S>> {
  const compiled = Compile(schema)
  return (value) => {
    if (compiled.Check(value)) return { ok: true, value: value as Static<S> }
    return { ok: false, problems: compiled.Errors(value).flatMap(problemsOf) }
  }
}

type SchemaError = { keyword: string; instancePath: string; message: string; params: object }

function problemsOf({ keyword, instancePath, message, params }: SchemaError): Problem[] {
  switch (keyword) {
    case 'boolean':
      return [{ path: instancePath, message: 'unknown key' }]
    case 'additionalProperties':
      return [] // says again, for the object, what `boolean` says for each key
    case 'required':
      return missing(params).map((name) => ({ path: `${instancePath}/${name}`, message: 'is missing' }))
    default:
      return [{ path: instancePath, message }]
  }
}

function missing(params: object): readonly string[] {
  return 'requiredProperties' in params ? (params.requiredProperties as string[]) : []
}
