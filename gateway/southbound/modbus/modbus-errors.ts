import { AppError } from '#contract/errors.ts'

/** Modbus application protocol 1.1b3 § 7. */
const exceptions: Readonly<Record<number, string>> = {
  1: 'illegal function',
  2: 'illegal data address',
  3: 'illegal data value',
  4: 'device failure',
  5: 'acknowledged, not done yet',
  6: 'device busy',
  8: 'memory parity error',
  10: 'gateway path unavailable',
  11: 'gateway target failed to respond',
}

/** The gateway in front of a serial line answers for a silent unit: that is a timeout of the unit, not a refusal. */
const silentBehindGateway = new Set([10, 11])

export type RequestFacts = {
  readonly bus: string
  readonly unit: number
  readonly table: string
  readonly addr: number
  readonly timeoutMs: number
}

/** What modbus-serial rejects with, as an error of ours that names bus, unit, table and address. */
export function translateError(error: unknown, facts: RequestFacts): AppError {
  if (error instanceof AppError) return error
  const { bus, unit, table, addr, timeoutMs } = facts
  const where = `bus ${bus} unit ${unit} ${table} ${addr}`
  const options = { cause: error, details: { bus, unit, table, addr } }
  const exception = exceptionOf(error)
  if (exception !== undefined) {
    const words = `exception ${exception} (${exceptions[exception] ?? 'unknown'})`
    if (silentBehindGateway.has(exception))
      return new AppError('DEVICE_TIMEOUT', `${where}: ${words}`, options)
    return new AppError('DEVICE_REFUSED', `${where}: ${words}`, {
      ...options,
      details: { ...options.details, exception },
    })
  }
  if (isSilence(error)) {
    return new AppError('DEVICE_TIMEOUT', `${where}: no answer within ${timeoutMs} ms`, options)
  }
  if (hasName(error, 'PortNotOpenError')) return new AppError('LINK_DOWN', `${where}: not connected`, options)
  const found = error instanceof Error ? error.message : String(error)
  return new AppError('DEVICE_REFUSED', `${where}: malformed answer: ${found}`, options)
}

/** The exception code of a refusal; `undefined` for a malformed answer and for everything else. */
export function refusalCode(error: unknown): number | undefined {
  if (!(error instanceof AppError) || error.code !== 'DEVICE_REFUSED') return undefined
  const details = error.details as { exception?: number } | undefined
  return details?.exception
}

/** True when nothing that answers the request came in time; an exception of a gateway is an answer. */
export function isSilence(error: unknown): boolean {
  return hasName(error, 'TransactionTimedOutError')
}

function exceptionOf(error: unknown): number | undefined {
  const code =
    typeof error === 'object' && error !== null && 'modbusCode' in error ? error.modbusCode : undefined
  return typeof code === 'number' ? code : undefined
}

function hasName(error: unknown, name: string): boolean {
  return typeof error === 'object' && error !== null && 'name' in error && error.name === name
}
