import { writeFileSync } from 'node:fs'
import { profileSchemaText } from '#gateway/profiles/profile-schema.ts'

/** `npm run schema`: what editors check a profile against. */
writeFileSync(new URL('../device-profiles/profile.schema.json', import.meta.url), profileSchemaText())
