import type { Trouble } from '#contract/device-errors.ts'
import { AppError } from '#contract/errors.ts'
import type { BadAnswer } from './framer.ts'

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

const badAnswers: Readonly<Record<BadAnswer, string>> = {
  checksum: 'checksum wrong',
  half: 'it ended in the middle',
  unit: 'from another unit',
  function: 'to another function',
  length: 'length wrong',
  address: 'for another address',
}

export type RequestFacts = {
  readonly bus: string
  readonly unit: number
  readonly fc: number
  readonly table: string
  readonly addr: number
}

/** Errors of one request. Each names bus, unit, table and address. */
export function noAnswer(facts: RequestFacts, timeoutMs: number): AppError {
  return errorOf('DEVICE_TIMEOUT', facts, `no answer within ${Math.round(timeoutMs)} ms`)
}

/** `details.broken` tells it from a refusal: asking again may help. */
export function badAnswer(facts: RequestFacts, bad: BadAnswer | Error): AppError {
  const words = bad instanceof Error ? bad.message : badAnswers[bad]
  return errorOf('DEVICE_REFUSED', facts, `malformed answer: ${words}`, { broken: true })
}

export function refusal(facts: RequestFacts, exception: number): AppError {
  const words = `exception ${exception} (${exceptions[exception] ?? 'unknown'})`
  if (silentBehindGateway.has(exception)) return errorOf('DEVICE_TIMEOUT', facts, words)
  return errorOf('DEVICE_REFUSED', facts, words, { exception })
}

/**
 * What a failed request says against the device: where, as one finds it in a manual, and what came. What concerns the
 * unit as a whole is one thing, whichever register was asked for. `undefined` for anything but the failure of a request.
 */
export function troubleOf(error: unknown): Trouble | undefined {
  if (!(error instanceof AppError) || !isAboutRequest(error.details)) return undefined
  const { bus, unit, fc, table, addr, broken } = error.details
  const [ofUnit, request] = [`${bus} · ${unit}`, `FC${fc} ${table} ${addr}`]
  const words = error.message.slice(error.message.indexOf(': ') + 2)
  const isRefusal = error.code === 'DEVICE_REFUSED' && broken !== true
  if (isRefusal) return { kind: 'refused', place: `${ofUnit} · ${request}`, text: words }
  const kind = error.code === 'DEVICE_TIMEOUT' ? 'no_answer' : 'damaged_answer'
  return { kind, place: ofUnit, text: `${request}: ${words}` }
}

function isAboutRequest(details: unknown): details is RequestFacts & { readonly broken?: boolean } {
  return typeof details === 'object' && details !== null && 'fc' in details
}

/** The exception code of what modbus-serial says about an answer; `undefined` for everything else. */
export function exceptionOf(error: unknown): number | undefined {
  const code =
    typeof error === 'object' && error !== null && 'modbusCode' in error ? error.modbusCode : undefined
  return typeof code === 'number' ? code : undefined
}

/** The exception code of a refusal; `undefined` for a malformed answer and for everything else. */
export function refusalCode(error: unknown): number | undefined {
  if (!(error instanceof AppError) || error.code !== 'DEVICE_REFUSED') return undefined
  const details = error.details as { exception?: number } | undefined
  return details?.exception
}

function errorOf(
  code: 'DEVICE_TIMEOUT' | 'DEVICE_REFUSED',
  { bus, unit, fc, table, addr }: RequestFacts,
  words: string,
  more: object = {},
): AppError {
  return new AppError(code, `bus ${bus} unit ${unit} ${table} ${addr}: ${words}`, {
    details: { bus, unit, fc, table, addr, ...more },
  })
}
