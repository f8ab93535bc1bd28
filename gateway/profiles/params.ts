import type { Param, Profile } from './profile.ts'

/** Values of a device's parameters after defaults and checks. */
export type ParamValue = number | string | readonly number[]
export type ParamValues = ReadonlyMap<string, ParamValue>
export type ParamProblem = { readonly name: string; readonly message: string }

/**
 * Which characters a text parameter may bring into a topic. None of them lets a wildcard, a control character or, but for
 * `path`, a level separator in: a parameter can never widen a subscription.
 */
const classes = {
  token: /^[A-Za-z0-9][A-Za-z0-9_.:-]*$/,
  path: /^[\p{L}\p{N}][\p{L}\p{N}_.:() -]*(\/[\p{L}\p{N}][\p{L}\p{N}_.:() -]*)*$/u,
  hex16: /^[0-9a-f]{16}$/i,
  mac: /^[0-9a-f]{2}([:-]?[0-9a-f]{2}){5}$/i,
} as const
const inWords = {
  token: 'letters, digits, _ . : or -',
  path: 'letters, digits, spaces, _ . : ( ) or -, in parts joined by /',
  hex16: '16 hexadecimal digits',
  mac: '12 hexadecimal digits, with or without : between pairs',
} as const

/** Fills in defaults and lists everything that is wrong with what the instance gives. Pure. */
export function checkParams(
  declared: Readonly<Record<string, Param>>,
  given: Readonly<Record<string, unknown>>,
): { values: ParamValues; problems: readonly ParamProblem[] } {
  const values = new Map<string, ParamValue>()
  const problems: ParamProblem[] = []
  for (const name of Object.keys(given).filter((one) => !(one in declared))) {
    const known = Object.keys(declared).join(', ')
    problems.push({ name, message: `unknown parameter; the profile has ${known === '' ? 'none' : known}` })
  }
  for (const [name, param] of Object.entries(declared)) {
    const value = given[name] ?? param.default
    if (value === undefined) {
      if (param.required) problems.push({ name, message: `missing; expected ${wanted(param)}` })
      continue
    }
    if (fits(param, value)) values.set(name, value)
    else problems.push({ name, message: `expected ${wanted(param)}, found ${JSON.stringify(value)}` })
  }
  return { values, problems }
}

function fits(param: Param, value: unknown): value is ParamValue {
  switch (param.type) {
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) && inRange(param, value)
    case 'int':
      return Number.isSafeInteger(value) && inRange(param, value as number)
    case 'int_set':
      return isIntSet(value) && value.every((one) => inRange(param, one))
    case 'enum':
      return typeof value === 'string' && param.options.includes(value)
    case 'text':
      return (
        typeof value === 'string' && value.length <= (param.max ?? 64) && classes[param.chars].test(value)
      )
  }
}

function isIntSet(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(Number.isSafeInteger) && new Set(value).size === value.length
}

type Range = { readonly min?: number; readonly max?: number }

function inRange({ min, max }: Range, value: number): boolean {
  return value >= (min ?? Number.NEGATIVE_INFINITY) && value <= (max ?? Number.POSITIVE_INFINITY)
}

function wanted(param: Param): string {
  switch (param.type) {
    case 'number':
      return `a number${rangeText(param)}`
    case 'int':
      return `an integer${rangeText(param)}`
    case 'int_set':
      return `a list of different integers${rangeText(param)}`
    case 'enum':
      return `one of ${param.options.join(', ')}`
    case 'text':
      return `1 to ${param.max ?? 64} characters: ${inWords[param.chars]}`
  }
}

function rangeText({ min, max }: Range): string {
  return min === undefined && max === undefined ? '' : ` from ${min ?? '−∞'} to ${max ?? '∞'}`
}

/** Values with which a profile can be expanded before an instance is known. */
export function typicalParams({ params = {} }: Profile): ParamValues {
  return new Map(Object.entries(params).map(([name, param]) => [name, typical(param)]))
}

function typical(param: Param): ParamValue {
  switch (param.type) {
    case 'int_set':
      return param.default ?? [param.min ?? 0]
    case 'enum':
      return param.default ?? param.options[0] ?? ''
    case 'text':
      return param.default ?? 'x'
    case 'int':
    case 'number':
      return param.default ?? param.min ?? 1
  }
}
