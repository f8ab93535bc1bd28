import type { FieldProblem } from '#contract/api/common.ts'
import { AppError } from '#contract/errors.ts'

/** BAD_REQUEST that names every wrong field. */
export function badRequest(problems: readonly FieldProblem[]): AppError {
  const text = problems.map(({ path, message }) => `${path} ${message}`).join('; ')
  return new AppError('BAD_REQUEST', text, { details: problems })
}
