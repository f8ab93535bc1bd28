import { expect, test } from 'vitest'
import { configTable } from '#lib/config-table.ts'
import { GatewayConfig } from './config.ts'

test('docs/config-gateway.md says what the schema says (npx vitest run gateway/config.test.ts -u writes it)', async () => {
  const page = `# gateway.yaml

Every field of a gateway's configuration, written from the schema in \`gateway/config.ts\`. A commented example is
\`gateway/gateway.example.yaml\`. Unknown fields are errors; \`--check\` lists every problem with its line. Files and folders
are relative to the configuration file. \`\${NAME}\` inside text is replaced by the environment variable; quote it.

${configTable(GatewayConfig)}
`
  await expect(page).toMatchFileSnapshot('../docs/config-gateway.md')
})
