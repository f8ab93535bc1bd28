import type { CataloguePoint, WritableAs } from '#contract/catalogue.ts'
import { AppError } from '#contract/errors.ts'
import type { Role } from '#contract/permissions.ts'
import { expectedInstead } from '#contract/writable-value.ts'

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
  /** Of the person, as they count for the device. */
  readonly roles: readonly Role[]
}

/** Why this command is not taken, or `undefined`. The gateway checks again, by the profile itself. Pure. */
export function refusalOf(point: CheckedPoint, { value, confirm, roles }: Wanted): AppError | undefined {
  const { writable } = point
  if (writable === undefined) {
    return new AppError(
      'POINT_NOT_WRITABLE',
      `${point.id} can only be read: its profile has no way to write it`,
    )
  }
  if (writable.role === 'admin' && !roles.includes('admin')) {
    return new AppError('FORBIDDEN', `${point.id} may be written by administrators alone`)
  }
  const expected = expectedInstead({ ...writable, kind: point.kind, unit: point.unit }, value)
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

function limitsOf({ min, max, step, options, values }: WritableAs): object {
  return Object.fromEntries(
    Object.entries({ min, max, step, options, values }).filter(([, one]) => one !== undefined),
  )
}
