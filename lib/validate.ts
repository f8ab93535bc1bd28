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
    const problems = compiled
      .Errors(value)
      .map((error) => ({ path: error.instancePath, message: error.message }))
    return { ok: false, problems }
  }
}
