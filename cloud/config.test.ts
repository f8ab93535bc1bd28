import { expect, test } from 'vitest'
import { configTable } from '#lib/config-table.ts'
import { CloudConfig } from './config.ts'

test('docs/config-cloud.md says what the schema says (npx vitest run cloud/config.test.ts -u writes it)', async () => {
  const page = `# cloud.yaml

Every field of the cloud's configuration, written from the schema in \`cloud/config.ts\`. A commented example is
\`cloud/cloud.example.yaml\`. Unknown fields are errors; \`--check\` lists every problem with its line. Files and folders are
relative to the configuration file. \`\${NAME}\` inside text is replaced by the environment variable; quote it.

${configTable(CloudConfig)}
`
  await expect(page).toMatchFileSnapshot('../docs/config-cloud.md')
})
