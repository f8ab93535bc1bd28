import { AppError, type ErrorCode } from '#contract/errors.ts'

/**
 * Why a camera did not do what it was asked. `credentials`: it does not accept the user name or the password, now or for
 * a while. `fault`: it understood and refuses. `garbage`: what came is no answer.
 */
export type CameraFailure = 'credentials' | 'unreachable' | 'timeout' | 'fault' | 'garbage'

const codes: Record<CameraFailure, ErrorCode> = {
  credentials: 'DEVICE_REFUSED',
  unreachable: 'LINK_DOWN',
  timeout: 'DEVICE_TIMEOUT',
  fault: 'DEVICE_REFUSED',
  garbage: 'DEVICE_REFUSED',
}

/** Its message never holds a password: passwords are not even in the requests it tells about. */
export class CameraError extends AppError {
  readonly failure: CameraFailure

  constructor(failure: CameraFailure, message: string, options: { readonly cause?: unknown } = {}) {
    super(codes[failure], message, options)
    this.failure = failure
  }
}

export function failureOf(error: unknown): CameraFailure | undefined {
  return error instanceof CameraError ? error.failure : undefined
}
