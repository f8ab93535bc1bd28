import type { ErrorBody } from '#contract/api/common.ts'
import type { ErrorCode } from '#contract/errors.ts'

/** The codes of the API and three of our own: no answer at all, an answer too late, an answer that is not the API's. */
export type ApiErrorCode = ErrorCode | 'NETWORK' | 'TIMEOUT' | 'UNEXPECTED'

/** A request failed. The reader sees text by `code`; `message` is the server's own and is for the person fixing it. */
export class ApiError extends Error {
  readonly code: ApiErrorCode
  readonly status: number
  /** For a refused form: `[{ path, message }]`. */
  readonly details: unknown

  constructor(
    code: ApiErrorCode,
    options: { message: string; status?: number; details?: unknown; cause?: unknown },
  ) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ApiError'
    this.code = code
    this.status = options.status ?? 0
    this.details = options.details
  }
}

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>

export type RequestOptions = {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly query?: Query
  readonly body?: unknown
  /** A file instead of a body. */
  readonly file?: { readonly type: string; readonly content: Blob }
  readonly signal?: AbortSignal
  /** For what a gateway or a device has to do first. */
  readonly deadlineMs?: number
}

const usualDeadlineMs = 20_000

export function apiUrl(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === '') continue
    for (const one of Array.isArray(value) ? value : [value]) parameters.append(name, String(one))
  }
  return `/api/v1${path}${parameters.size > 0 ? `?${parameters}` : ''}`
}

/** Resolves with the answer's body, `undefined` for an empty one. Rejects with an ApiError, or the signal's own reason. */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const response = await send(path, options)
  if (!response.ok) throw await errorOf(response)
  if (response.status === 204) return undefined as T
  return (await response.json().catch((cause: unknown) => {
    throw new ApiError('UNEXPECTED', { message: 'the answer is not JSON', status: response.status, cause })
  })) as T
}

async function send(
  path: string,
  { method = 'GET', query, body, file, signal, deadlineMs = usualDeadlineMs }: RequestOptions,
): Promise<Response> {
  const deadline = AbortSignal.timeout(deadlineMs)
  try {
    return await fetch(apiUrl(path, query), {
      method,
      ...payloadOf(body, file),
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
    })
  } catch (cause) {
    if (signal?.aborted) throw cause
    if (deadline.aborted)
      throw new ApiError('TIMEOUT', { message: `no answer within ${deadlineMs} ms`, cause })
    throw new ApiError('NETWORK', { message: 'the server cannot be reached', cause })
  }
}

function payloadOf(body: unknown, file: RequestOptions['file']): RequestInit {
  if (file !== undefined) return { headers: { 'content-type': file.type }, body: file.content }
  if (body === undefined) return {}
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

async function errorOf(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => undefined)) as Partial<ErrorBody> | undefined
  const status = response.status
  if (typeof body?.code !== 'string') return new ApiError('UNEXPECTED', { message: `HTTP ${status}`, status })
  return new ApiError(body.code as ErrorCode, { message: body.message ?? '', status, details: body.details })
}

export function isSignedOut(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'UNAUTHENTICATED'
}
