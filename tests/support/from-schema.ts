import fc from 'fast-check'

export type Schema = {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: boolean | Schema
  readonly items?: Schema
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
}

/** Values that the schema allows, as the OpenAPI document says it. Throws on what it does not understand. */
export function valuesOf(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) throw new Error(`a reference in the document: ${schema.$ref}`)
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return fc.oneof(...choices.map(valuesOf))
  if (schema.allOf !== undefined)
    return fc.tuple(...schema.allOf.map(valuesOf)).map((parts) => Object.assign({}, ...parts))
  if (Array.isArray(schema.type)) return fc.oneof(...schema.type.map((type) => valuesOf({ ...schema, type })))
  return ofType(schema)
}

function ofType(schema: Schema): fc.Arbitrary<unknown> {
  switch (schema.type) {
    case 'string':
      return strings(schema)
    case 'integer':
      return fc.integer({
        min: Math.max(schema.minimum ?? -1_000, Number.MIN_SAFE_INTEGER),
        max: Math.min(schema.maximum ?? (schema.minimum ?? 0) + 1_000, Number.MAX_SAFE_INTEGER),
      })
    case 'number':
      return fc.double({
        min: schema.minimum ?? schema.exclusiveMinimum ?? -1e6,
        minExcluded: schema.exclusiveMinimum !== undefined,
        max: schema.maximum ?? 1e6,
        noNaN: true,
      })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array':
      return arrays(schema)
    case 'object':
      return objects(schema)
    case undefined:
      return fc.jsonValue({ maxDepth: 2 })
    default:
      throw new Error(`a type that nobody taught this generator: ${String(schema.type)}`)
  }
}

function strings({
  pattern,
  format,
  minLength = 0,
  maxLength = minLength + 40,
}: Schema): fc.Arbitrary<string> {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern, 'u'), { size: '-1' })
  if (format === 'date-time')
    return fc
      .date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true })
      .map((date) => date.toISOString())
  if (format === 'date')
    return fc
      .date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true })
      .map((date) => date.toISOString().slice(0, 10))
  if (format === 'uuid') return fc.uuid()
  return fc.string({ minLength, maxLength: Math.min(maxLength, minLength + 40), unit: 'grapheme' })
}

function arrays({
  items = {},
  minItems = 0,
  maxItems = minItems + 3,
  uniqueItems,
}: Schema): fc.Arbitrary<unknown> {
  const length = { minLength: minItems, maxLength: Math.min(maxItems, minItems + 3) }
  if (uniqueItems !== true) return fc.array(valuesOf(items), length)
  return fc.uniqueArray(valuesOf(items), { ...length, selector: (value) => JSON.stringify(value) })
}

function objects(schema: Schema): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], patternProperties = {}, additionalProperties } = schema
  const known = fc.record(
    Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, valuesOf(value)])),
    { requiredKeys: [...required], noNullPrototype: true },
  )
  const more = Object.entries(patternProperties).map(([pattern, value]) =>
    fc.dictionary(valuesOf({ type: 'string', pattern }) as fc.Arbitrary<string>, valuesOf(value), {
      maxKeys: 3,
    }),
  )
  if (typeof additionalProperties === 'object')
    more.push(fc.dictionary(fc.string({ maxLength: 10 }), valuesOf(additionalProperties), { maxKeys: 3 }))
  return fc.tuple(known, ...more).map((parts) => Object.assign({}, ...parts.toReversed()))
}
