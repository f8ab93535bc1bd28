import { enableCompileCache } from 'node:module'
import { parseArgs } from 'node:util'

// Before the rest is loaded: stripping types and compiling is half of the start on a small machine.
enableCompileCache()
const { exitWithProblems } = await import('#lib/exit-with-problems.ts')
const { formatProblem } = await import('#lib/load-config.ts')
const { loadGateway } = await import('./load-gateway.ts')

/** `npm run start:gateway -- --config FILE [--check]`. One JSON line with `"ready":true` when everything runs. */
const { values } = parseArgs({ options: { config: { type: 'string' }, check: { type: 'boolean' } } })
const file = values.config ?? 'gateway/gateway.example.yaml'

const { setup, problems, unusedProfiles, warnings } = await loadGateway(file, process.env)
if (setup === undefined) {
  exitWithProblems(file, [...problems, ...unusedProfiles])
} else if (values.check === true) {
  for (const warning of warnings) process.stderr.write(`${formatProblem(file, warning)}\n`)
  if (unusedProfiles.length > 0) exitWithProblems(file, unusedProfiles)
  process.stdout.write(`${file}: good, ${setup.devices.length} devices\n`)
} else {
  const { runGateway } = await import('./run-gateway.ts')
  await runGateway(setup, [...warnings, ...unusedProfiles])
}
