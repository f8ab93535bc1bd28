import { AppError } from '#contract/errors.ts'
import type { Value } from '#contract/sample.ts'
import type { ResolvedPoint } from '#gateway/profiles/device.ts'

/** Why `value` must not be written to `point`, or `undefined` when it may. Pure. */
export function refusalOf(point: ResolvedPoint, value: Value): AppError | undefined {
  if (point.write === undefined) {
    return new AppError('POINT_NOT_WRITABLE', `${point.id}: the profile has no way to write this point`)
  }
  const { range, options, values } = point.write
  const wanted = wantedType(point)
  if (typeof value !== wanted || (typeof value === 'number' && !Number.isFinite(value))) {
    return outOfRange(point, `expected a ${wanted}, got ${JSON.stringify(value)}`)
  }
  if (options !== undefined && !options.includes(String(value))) {
    return outOfRange(point, `expected one of ${options.join(', ')}, got ${JSON.stringify(value)}`)
  }
  if (values !== undefined && !values.some(([canonical]) => canonical === value)) {
    const known = values.map(([canonical]) => JSON.stringify(canonical)).join(', ')
    return outOfRange(point, `expected one of ${known}, got ${JSON.stringify(value)}`)
  }
  if (range === undefined || typeof value !== 'number') return undefined
  if (value < range.min || value > range.max) {
    return outOfRange(point, `expected ${range.min} to ${range.max} ${point.unit}, got ${value}`)
  }
  if (range.step !== undefined && !isStep(value - range.min, range.step)) {
    return outOfRange(point, `expected steps of ${range.step} from ${range.min}, got ${value}`)
  }
  return undefined
}

function wantedType(point: ResolvedPoint): 'number' | 'boolean' | 'string' {
  switch (point.kind) {
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

function outOfRange(point: ResolvedPoint, what: string): AppError {
  return new AppError('VALUE_OUT_OF_RANGE', `${point.id}: ${what}`)
}
