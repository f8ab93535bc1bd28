import { Profile } from './profile.ts'

/** `device-profiles/profile.schema.json`, byte for byte: JSON Schema of the profile language for editors. */
export function profileSchemaText(): string {
  const schema = { $schema: 'https://json-schema.org/draft/2020-12/schema', ...Profile }
  return `${JSON.stringify(schema, null, 2)}\n`
}
