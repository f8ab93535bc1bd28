import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'
import { badRequest } from './bad-request.ts'
import { requestProblems } from './request-problems.ts'

/**
 * Checks requests with the compiler that also checks the wire. A query is text, so numbers and lists are read from it;
 * a body means what it says. All wrong fields are reported at once and nothing unknown is removed.
 */
export const compileRequestSchema: FastifySchemaCompiler<TSchema> = ({ schema, httpPart = 'body' }) => {
  const compiled = Compile(schema)
  return (input: unknown) => {
    const value = httpPart === 'body' ? input : Value.Convert(schema, Value.Default(schema, input))
    if (compiled.Check(value)) return { value }
    return { error: badRequest(requestProblems(compiled.Errors(value), httpPart)) }
  }
}
