/** The JSON Schema keywords that hold schemas. */
type Node = {
  readonly anyOf?: readonly Node[]
  readonly type?: string
  readonly properties?: Readonly<Record<string, Node>>
  readonly patternProperties?: Readonly<Record<string, Node>>
  readonly [keyword: string]: unknown
}

/**
 * The schema of a piece of what `schema` describes, to be laid over a whole: nothing is required, nothing has a default,
 * and `null` deletes. Lists are replaced as a whole, so their entries stay complete. `required` keys are added as they are.
 */
export function partial(schema: object, required: Readonly<Record<string, object>> = {}): object {
  const loose = loosened(schema as Node)
  return {
    ...loose,
    properties: { ...loose.properties, ...required },
    required: Object.keys(required),
  }
}

function loosened(schema: Node): Node {
  if (schema.anyOf !== undefined) return { ...schema, anyOf: schema.anyOf.map(loosened) }
  if (schema.type !== 'object') return without(schema, ['default', 'minItems'])
  const { properties, patternProperties } = schema
  return {
    ...without(schema, ['default', 'required', 'minProperties']),
    ...(properties === undefined ? {} : { properties: mapped(properties, deletable) }),
    ...(patternProperties === undefined ? {} : { patternProperties: mapped(patternProperties, deletable) }),
  }
}

function deletable(schema: Node): Node {
  const loose = loosened(schema)
  const { description } = loose
  return {
    anyOf: [...(loose.anyOf ?? [loose]), { type: 'null' }],
    ...(description === undefined ? {} : { description }),
  }
}

function mapped<T, R>(record: Readonly<Record<string, T>>, change: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
}

function without(schema: Node, keys: readonly string[]): Node {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !keys.includes(key))) as Node
}
