import { enableCompileCache } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { useBundledPackages } from '#lib/bundled-packages.ts'
import { keepHeapSmall } from '#lib/small-heap.ts'

// Before the rest is loaded. Stripping types costs time at every start, and 17 MB in every thread that has to do it; the
// variable passes the cache on to worker threads.
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'node-compile-cache')
enableCompileCache(process.env.NODE_COMPILE_CACHE)
useBundledPackages()
keepHeapSmall()
const { exitWithProblems } = await import('#lib/exit-with-problems.ts')
const { formatProblem } = await import('#lib/load-config.ts')
const { bootAfterFailure, bootGateway, storedCloud } = await import('./boot-gateway.ts')
const { loadGateway } = await import('./load-gateway.ts')

/** `npm run start:gateway -- --config FILE [--check | --enrol CODE]`. One JSON line with `"ready":true` when everything runs. */
const { values } = parseArgs({
  options: { config: { type: 'string' }, check: { type: 'boolean' }, enrol: { type: 'string' } },
})
const file = values.config ?? 'gateway/gateway.example.yaml'
if (values.enrol !== undefined) {
  const { enrolGateway } = await import('./enrol-command.ts')
  await enrolGateway(file, values.enrol, process.env)
  process.exit()
}

if (values.check === true) {
  // A check only looks, and at everything; a start reads no more than it needs.
  const cloud = await storedCloud(file, process.env)
  const { setup, problems, unusedProfiles, warnings } = await loadGateway(file, process.env, {
    ...{ allProfiles: true, cloud },
  })
  for (const warning of warnings) process.stderr.write(`${formatProblem(file, warning)}\n`)
  if (setup === undefined || unusedProfiles.length > 0)
    exitWithProblems(file, [...problems, ...unusedProfiles])
  else process.stdout.write(`${file}: good, ${setup.devices.length} devices\n`)
} else {
  const booted = await bootGateway(file, process.env, Date.now())
  if (booted.setup === undefined) exitWithProblems(file, booted.problems)
  const { runGateway } = await import('./run-gateway.ts')
  await runGateway(booted, (failed) => bootAfterFailure(file, process.env, failed))
}
