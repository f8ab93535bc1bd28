import type { User } from '#contract/api/session.ts'
import type { CataloguePoint, WritableAs } from '#contract/catalogue.ts'
import { AppError } from '#contract/errors.ts'

/** A point as the gateway's catalogue has it. `id` is `<gateway>/<device>/<point>`. */
export type CheckedPoint = {
  readonly id: string
  readonly kind: CataloguePoint['kind']
  readonly unit: string
  readonly writable: WritableAs | undefined
}

export type Wanted = {
  readonly value: number | boolean | string
  readonly confirm: boolean
  readonly role: User['role']
}

/** Why this command is not taken, or `undefined`. The gateway checks again, by the profile itself. Pure. */
export function refusalOf(point: CheckedPoint, { value, confirm, role }: Wanted): AppError | undefined {
  const { writable } = point
  if (writable === undefined) {
    return new AppError(
      'POINT_NOT_WRITABLE',
      `${point.id} can only be read: its profile has no way to write it`,
    )
  }
  if (writable.role === 'admin' && role !== 'admin') {
    return new AppError('FORBIDDEN', `${point.id} may be written by administrators alone`)
  }
  const expected = expectedOf(point, writable, value)
  if (expected !== undefined) {
    const message = `${point.id}: expected ${expected}, got ${JSON.stringify(value)}`
    return new AppError('VALUE_OUT_OF_RANGE', message, { details: { expected, ...limitsOf(writable) } })
  }
  if (writable.risk === 'high' && !confirm) {
    return new AppError(
      'COMMAND_NEEDS_CONFIRM',
      `${point.id} is of high risk: send it with "confirm": true`,
      {
        details: { risk: 'high' },
      },
    )
  }
  return undefined
}

/** What it should have been, where `value` is something else. */
function expectedOf(
  { kind, unit }: CheckedPoint,
  writable: WritableAs,
  value: Wanted['value'],
): string | undefined {
  const { options, values } = writable
  const type = typeOf(kind)
  if (typeof value !== type || (typeof value === 'number' && !Number.isFinite(value))) return `a ${type}`
  if (options !== undefined && !options.includes(String(value))) return `one of ${options.join(', ')}`
  if (values !== undefined && !values.includes(value))
    return `one of ${values.map((one) => JSON.stringify(one)).join(', ')}`
  return typeof value === 'number' ? expectedNumber(value, writable, unit) : undefined
}

function expectedNumber(value: number, { min, max, step }: WritableAs, unit: string): string | undefined {
  if (value < (min ?? Number.NEGATIVE_INFINITY) || value > (max ?? Number.POSITIVE_INFINITY))
    return `${min ?? '−∞'} to ${max ?? '∞'} ${unit}`
  const isOff = step !== undefined && !isStep(value - (min ?? 0), step)
  return isOff ? `steps of ${step} from ${min ?? 0}` : undefined
}

function typeOf(kind: CheckedPoint['kind']): 'number' | 'boolean' | 'string' {
  switch (kind) {
    case 'bool':
      return 'boolean'
    case 'num':
    case 'counter':
      return 'number'
    case 'enum':
    case 'text':
    case 'event':
      return 'string'
  }
}

/** 0.1 + 0.2 is a multiple of 0.1 for a person. */
function isStep(distance: number, step: number): boolean {
  const steps = distance / step
  return Math.abs(steps - Math.round(steps)) < 1e-6
}

function limitsOf({ min, max, step, options, values }: WritableAs): object {
  return Object.fromEntries(
    Object.entries({ min, max, step, options, values }).filter(([, one]) => one !== undefined),
  )
}
