import { stopWithNpm } from '#lib/stop-with-npm.ts'
import { runDemo } from './run-demo.ts'
import { readSettings } from './settings.ts'

/** `npm start`: two simulated campuses, their gateways, the cloud and the console, all on this machine. */
const settings = readSettings(process.env)
if (!settings.ok) {
  for (const problem of settings.problems) console.error(problem)
  process.exit(1)
}

const stop = new AbortController()
process.on('SIGINT', () => stop.abort())
process.on('SIGTERM', () => stop.abort())
stopWithNpm()

const { problems } = await runDemo(settings.value, { say: (line) => console.log(line), signal: stop.signal })
for (const problem of problems) console.error(problem)
process.exit(problems.length > 0 ? 1 : 0)
