import { AppError } from '#contract/errors.ts'
import type { Value } from '#contract/sample.ts'
import { expectedInstead } from '#contract/writable-value.ts'
import type { ResolvedPoint } from '#gateway/profiles/device.ts'

/** Why `value` must not be written to `point`, or `undefined` when it may. Pure. */
export function refusalOf({ id, kind, unit, write }: ResolvedPoint, value: Value): AppError | undefined {
  if (write === undefined) {
    return new AppError('POINT_NOT_WRITABLE', `${id}: the profile has no way to write this point`)
  }
  const { range = {}, options, values } = write
  const expected = expectedInstead(
    {
      ...{ kind, unit, ...range },
      ...(options === undefined ? {} : { options: [...options] }),
      ...(values === undefined ? {} : { values: values.map(([canonical]) => canonical) }),
    },
    value,
  )
  if (expected === undefined) return undefined
  return new AppError('VALUE_OUT_OF_RANGE', `${id}: expected ${expected}, got ${JSON.stringify(value)}`)
}
