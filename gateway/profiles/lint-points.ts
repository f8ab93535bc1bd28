import { conversion } from '#contract/units.ts'
import type { Finding, Path } from '#lib/explain.ts'
import { type Expanded, isFirst } from './expand.ts'
import { broken, type Rule } from './lint-rule.ts'
import { meaningOf } from './meaning.ts'
import type { Each, EachNumber } from './point.ts'
import type { Profile } from './profile.ts'

type Fields = Profile['points'][string]

const unknownHint = 'use a name of the vocabulary, or the prefix x. for an extra of this vendor'

/** Meaning and unit of one expanded point. `<n>` changes neither, so only the first of a template is looked at closely. */
export function lintPoint(point: Expanded<Fields>): Finding[] {
  const { id, template, fields } = point
  const at = (...rest: string[]): Path => ['points', template, ...rest]
  const meaning = meaningOf(id, fields)
  if (meaning === undefined) return [{ path: at(), message: `unknown point ${id}: ${unknownHint}` }]
  if (!isFirst(point)) return []
  const { kind, unit } = meaning
  const [min = 0, max = 0] = fields.valid ?? []
  return broken([
    [fields.kind !== undefined && fields.kind !== kind, at('kind'), `${id} is ${kind} in the vocabulary`],
    [
      isOwn(id) && fields.kind === undefined,
      at(),
      `${id} is not in the vocabulary, so it has to say its kind`,
    ],
    [!converts(fields.unit, unit), at('unit'), `${fields.unit} cannot be converted to ${unit}`],
    [min > max, at('valid'), 'the first number is above the second'],
    ...writeRules(kind, fields, at('write')),
  ])
}

function isOwn(id: string): boolean {
  return id.slice(id.indexOf('/') + 1).startsWith('x.')
}

function converts(from: string | undefined, to: string): boolean {
  return from === undefined || from === to || conversion(from, to) !== undefined
}

function writeRules(kind: string, { from, write }: Fields, path: Path): Rule[] {
  if (write === undefined) return []
  const { range, options, values, risk, role, readback } = write
  const needsPoint = typeof readback === 'object' && readback.point === undefined
  return [
    [
      kind === 'num' && (range ?? values) === undefined,
      path,
      'a number that is written needs range or values',
    ],
    [
      kind === 'enum' && (options ?? values) === undefined,
      path,
      'an enum that is written needs options or values',
    ],
    [risk === 'high' && role === undefined, [...path, 'risk'], 'a write of high risk needs a role'],
    [
      needsPoint && from === undefined,
      [...path, 'readback'],
      'this point cannot be read: name another point, or say none',
    ],
  ]
}

/** `<n>` in the name, `each` and the declared parameters belong together. */
export function lintTemplate({ points, params = {} }: Profile, template: string): Finding[] {
  const fields = points[template]
  if (fields === undefined) return []
  const path: Path = ['points', template]
  const { each, from, write, mul_by = [], div_by = [] } = fields
  const isNumber = (name: string) => params[name]?.type === 'number' || params[name]?.type === 'int'
  return broken([
    [template.includes('<') !== (each !== undefined), path, 'a name with <n> and the key each go together'],
    [
      template.includes('<m>') !== (each?.m !== undefined),
      path,
      'a name with <m> and a second variable in each go together',
    ],
    [from === undefined && write === undefined, path, 'neither from nor write: nothing can be done with it'],
    ...(each === undefined ? [] : eachRules(each, params, [...path, 'each'])),
    ...[...mul_by, ...div_by].map((name): Rule => {
      return [!isNumber(name), path, `${name} is not a parameter that is a number`]
    }),
  ])
}

export function eachRules({ n, m }: Each, params: NonNullable<Profile['params']>, path: Path): Rule[] {
  return [n, ...(m === undefined ? [] : [m])].map((one) => numberRule(one, params, path))
}

function numberRule(one: EachNumber, params: NonNullable<Profile['params']>, path: Path): Rule {
  if ('param' in one) {
    return [params[one.param]?.type !== 'int_set', path, `${one.param} is not a parameter of type int_set`]
  }
  return [one.first > one.last, path, 'first is above last']
}
