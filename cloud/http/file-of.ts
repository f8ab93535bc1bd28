import { badRequest } from './bad-request.ts'

/** The bytes that a parser for files made of a body. A request without a body never came to a parser. */
export function fileOf(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body
  throw badRequest([{ path: 'body', message: 'expected a file' }])
}
