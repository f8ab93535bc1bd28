/** Ingest as a process of its own, for tests that kill it: `node ingest-process.ts FOLDER`. Prints its port. */
import { startTestIngest } from './test-ingest.ts'

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('usage: ingest-process.ts FOLDER')
const ingest = await startTestIngest({ folder })
process.stdout.write(`port=${ingest.port}\n`)
