/**
 * Every error a person or the other program can meet. `retry` says whether trying the same again can help;
 * `http` is the status of the API. `docs/errors.md` has one row per code; a test compares the two.
 */
export const errorCodes = {
  CONFIG_INVALID: { retry: false, http: 422 },
  PROFILE_INVALID: { retry: false, http: 422 },
  BAD_REQUEST: { retry: false, http: 400 },
  UNAUTHENTICATED: { retry: false, http: 401 },
  LOGIN_FAILED: { retry: false, http: 401 },
  SECOND_FACTOR_NEEDED: { retry: false, http: 401 },
  SECOND_FACTOR_FAILED: { retry: false, http: 401 },
  SECOND_FACTOR_SETUP_NEEDED: { retry: false, http: 403 },
  PASSWORD_CHANGE_NEEDED: { retry: false, http: 403 },
  PASSWORD_REFUSED: { retry: false, http: 422 },
  ACCOUNT_DISABLED: { retry: false, http: 403 },
  ACCOUNT_UNMAPPED: { retry: false, http: 403 },
  PROVIDER_FAILED: { retry: true, http: 502 },
  FORBIDDEN: { retry: false, http: 403 },
  NOT_FOUND: { retry: false, http: 404 },
  CONFLICT: { retry: false, http: 409 },
  RATE_LIMITED: { retry: true, http: 429 },
  NOT_MANAGED: { retry: false, http: 409 },
  BUSY: { retry: true, http: 409 },
  GATEWAY_OFFLINE: { retry: true, http: 503 },
  GATEWAY_TIMEOUT: { retry: true, http: 504 },
  LINK_DOWN: { retry: true, http: 503 },
  DEVICE_TIMEOUT: { retry: true, http: 504 },
  DEVICE_REFUSED: { retry: false, http: 502 },
  POINT_UNKNOWN: { retry: false, http: 404 },
  POINT_NOT_WRITABLE: { retry: false, http: 422 },
  VALUE_OUT_OF_RANGE: { retry: false, http: 422 },
  COMMAND_EXPIRED: { retry: false, http: 409 },
  COMMAND_NEEDS_CONFIRM: { retry: false, http: 409 },
  COMMAND_INTERLOCKED: { retry: false, http: 409 },
  TREE_REFUSED: { retry: false, http: 422 },
  ENROLMENT_REFUSED: { retry: false, http: 403 },
  ALARM_REFUSED: { retry: false, http: 409 },
  MESSAGE_INVALID: { retry: false, http: 400 },
  STORE_UNAVAILABLE: { retry: true, http: 503 },
  INTERNAL: { retry: false, http: 500 },
} as const satisfies Record<string, { retry: boolean; http: number }>

export type ErrorCode = keyof typeof errorCodes

export type ErrorOptions = { readonly cause?: unknown; readonly details?: unknown }

/** An operation failed for a known reason. The message names the thing, what was expected and what was found. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly details: unknown

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.details = options.details
  }
}

/** True when the same call may succeed later. Unknown errors are not retried. */
export function isRetryable(error: unknown): boolean {
  return error instanceof AppError && errorCodes[error.code].retry
}
