import { partial } from './partial-schema.ts'
import { profileSchemas } from './profile.ts'
import { withSharedPieces } from './shared-schemas.ts'

/** What a profile says itself, whatever it extends. */
const own = ['profile', 'id', 'version', 'title', 'protocol', 'provenance'] as const

/**
 * `device-profiles/profile.schema.json`, byte for byte: JSON Schema of the profile language for editors. A profile that
 * extends another may leave out everything that is there already, a base what its children say; only the loader sees the
 * whole.
 */
export function profileSchemaText(): string {
  const whole = Object.values(profileSchemas)
  const parts = whole.map((schema) => {
    const { properties } = schema
    return partial(schema, Object.fromEntries(own.map((key) => [key, properties[key]])))
  })
  const isPart = { anyOf: [{ required: ['extends'] }, { required: ['abstract'] }] }
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Device profile',
    description: 'A device type as data: where its values are, what they mean, and vectors that prove it',
    ...Object.fromEntries([
      ['if', isPart],
      ['then', { anyOf: parts }],
      ['else', { anyOf: whole }],
    ]),
  }
  return `${JSON.stringify(withSharedPieces(schema), null, 1)}\n`
}
