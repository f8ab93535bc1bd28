/**
 * `npm run faults -- --minutes N --seed S [--store influxdb] [--only "fault, fault"]` plays faults and says what came of
 * it: one JSON line an act, one with the result, and a summary for docs/reliability.md. `npm run faults -- --mutations [--only "name"]` puts deliberate bugs
 * into copies of the source, one at a time, and says whether the faults find them. Exit status 1 when a promise was broken
 * or a bug was not found.
 */
import { parseArgs } from 'node:util'
import { runCampaign } from './campaign.ts'
import { checkMutations } from './check-mutations.ts'
import { faultNames } from './faults.ts'
import { summaryOf } from './summary.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '3' },
    seed: { type: 'string', default: `${Date.now()}` },
    store: { type: 'string', default: 'embedded' },
    settle: { type: 'string', default: '30' },
    only: { type: 'string' },
    mutations: { type: 'boolean', default: false },
  },
})
const { seed, store, mutations } = values
const minutes = Number(values.minutes)
const asked = values.only?.split(',').map((name) => name.trim())
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)

if (mutations) {
  const missed = await checkMutations({ only: asked, say })
  process.exitCode = missed.length === 0 ? 0 : 1
} else {
  const only = asked === undefined ? undefined : faultNames.filter((name) => asked.includes(name))
  if (!(minutes > 0) || only?.length !== asked?.length || (store !== 'embedded' && store !== 'influxdb')) {
    process.stderr.write(`expected --minutes, --store embedded|influxdb, --only "${faultNames.join(', ')}"\n`)
    process.exit(2)
  }
  const result = await runCampaign({
    seed,
    minutes,
    store,
    only,
    settleMs: Number(values.settle) * 1000,
    say,
  })
  say(result)
  process.stdout.write(summaryOf(result))
  process.exitCode = result.findings.length === 0 ? 0 : 1
}
