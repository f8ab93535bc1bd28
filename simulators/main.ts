import { parseArgs } from 'node:util'
import { exitWithProblems } from '#lib/exit-with-problems.ts'
import { loadConfig } from '#lib/load-config.ts'
import { createLogger } from '#lib/logger.ts'
import { stopWithNpm } from '#lib/stop-with-npm.ts'
import { startSite } from './site.ts'
import { SiteConfig } from './site-config.ts'

/** `npm run sim -- --site FILE`: the whole site in one process. One JSON line on stdout when everything listens. */
const { values } = parseArgs({ options: { site: { type: 'string' }, check: { type: 'boolean' } } })
const file = values.site ?? 'simulators/site.example.yaml'

const loaded = await loadConfig({ file, schema: SiteConfig, env: process.env })
if (!loaded.ok) exitWithProblems(file, loaded.problems)

const log = createLogger({ name: 'sim', level: loaded.value.log.level })
const started = await startSite({ config: loaded.value, file, log, check: values.check === true })
if (!started.ok) exitWithProblems(file, started.problems)

const { site } = started
if (site === undefined) {
  process.stdout.write(`${file}: good\n`)
} else {
  const stop = () => {
    site[Symbol.asyncDispose]().then(
      () => process.exit(0),
      (err: unknown) => {
        log.error({ err }, 'stopping failed')
        process.exit(1)
      },
    )
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  stopWithNpm()
  process.stdout.write(`${JSON.stringify({ ready: true, ...site.ports })}\n`)
}
