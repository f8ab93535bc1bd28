/**
 * A cloud with 500 connected gateways that send 100,000 samples a second together, for five minutes, into the embedded
 * store: real TLS sessions from another process, one batch of 200 samples a second each, credit and refusals honoured. What
 * was sent must be stored, by the ledger's account and, for some points, value by value. `FLEET_MINUTES` makes it shorter.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { openSqliteTelemetryStore } from '#cloud/telemetry/sqlite/sqlite-telemetry-store.ts'
import { createLogger } from '#lib/logger.ts'
import { freePort } from '#simulators/demo/free-port.ts'
import { tempFolder } from '../tests/support/temp-folder.ts'
import { TestCloud } from '../tests/support/test-cloud.ts'
import type { Figure } from './lib/figure.ts'
import type { FleetOptions, FleetReport } from './lib/fleet-client.ts'
import { createFleetLoad } from './lib/fleet-load.ts'
import { processCost } from './lib/process-cost.ts'

const gatewayCount = 500
const batchSamples = 200
const minutes = Number(process.env.FLEET_MINUTES ?? 5)
const name = '500 gateways'
const client = fileURLToPath(new URL('./lib/fleet-client.ts', import.meta.url))

type Moment = {
  readonly atS: number
  readonly rssBytes: number
  readonly cpuS: number
  readonly said: FleetReport
}

export async function run(): Promise<Figure[]> {
  await using folder = await tempFolder()
  const gateways = Array.from({ length: gatewayCount }, (_, i) => ({
    id: `campus-${i + 1}`,
    token: `token of gateway number ${i + 1}`,
  }))
  const [httpPort, mqttPort] = await Promise.all([freePort('127.0.0.1'), freePort('127.0.0.1')])
  const ports = { host: '127.0.0.1', httpPort, mqttPort }
  await using cloud = await TestCloud.start({ folder: folder.file('cloud'), ...ports, gateways })
  const seconds = Math.round(minutes * 60)
  const load = { beganAt: Date.now(), batchSamples }
  const options = { port: mqttPort, caFile: cloud.caFile, gateways, seconds, ...load }
  const moments = await drive(cloud, options)
  const [connected, ...running] = moments
  const last = running.at(-1)
  if (connected === undefined || last === undefined) throw new Error('the fleet said nothing')
  await allBooked(cloud, options, last.said.sent)

  const early = running.find(({ atS }) => atS >= Math.min(60, seconds / 2)) ?? last
  const peak = processCost(cloud.program.pid).peakRssBytes
  await cloud.program.stop()
  await allStored(folder.file('cloud/data/telemetry.db'), options)
  const figure = (metric: string, value: number, unit: string): Figure => ({
    case: name,
    metric,
    value,
    unit,
  })
  return [
    figure('sent', last.said.sent, 'samples'),
    figure('stored', last.said.acknowledged / (last.atS - connected.atS), 'samples/s'),
    figure('behind at the end', last.atS - connected.atS - seconds, 's'),
    figure('cloud', ((last.cpuS - connected.cpuS) / last.said.acknowledged) * 1e6, 'CPU s per million'),
    figure(
      'publish to acknowledgement, worst p99',
      Math.max(...running.map(({ said }) => said.ackP99Ms)),
      'ms',
    ),
    figure('refused', last.said.refused, 'batches'),
    figure('waited for credit, at most', last.said.waitedForCredit, 'batches of a gateway'),
    figure('resident, all connected', connected.rssBytes / 1e6, 'MB'),
    figure('grown after the first minute', (last.rssBytes - early.rssBytes) / 1e6, 'MB'),
    figure('resident, peak', peak / 1e6, 'MB'),
  ]
}

/** Runs the fleet to its end and looks at the cloud whenever it reports. */
async function drive(cloud: TestCloud, options: FleetOptions): Promise<Moment[]> {
  const child = spawn(process.execPath, [client, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const moments: Moment[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    const { rssBytes, cpuS } = processCost(cloud.program.pid)
    moments.push({ atS: performance.now() / 1000, rssBytes, cpuS, said: JSON.parse(line) as FleetReport })
  }
  const [code] = await ended
  if (code !== 0) throw new Error(`the fleet ended with ${code}`)
  return moments
}

/** Throws where the ledger's account differs from what was sent. */
async function allBooked({ api }: TestCloud, { gateways }: FleetOptions, sent: number): Promise<void> {
  let received = 0
  for (const { id } of gateways) {
    const { streams } = await api.ledger(id)
    received += streams.reduce((sum, { receivedSamples }) => sum + receivedSamples, 0)
  }
  if (received !== sent) throw new Error(`${sent} samples were sent, the ledger has ${received}`)
}

/** Throws where the store differs from what three gateways sent. The cloud has ended: its file is ours. */
async function allStored(path: string, options: FleetOptions): Promise<void> {
  await using store = await openSqliteTelemetryStore({ path, log: createLogger({ level: 'error' }) })
  const batchOf = createFleetLoad(options)
  for (const index of [0, 250, 499]) {
    const sent = Array.from({ length: options.seconds }, (_, i) => batchOf(index, i + 1)).flat()
    for (const [point, samples] of Map.groupBy(sent, (sample) => sample.point)) {
      const id = `${options.gateways[index]?.id}/${point}`
      const [series] = await store.range([id], { from: 0, to: 1e14 }, 1_000_000)
      const wanted = samples.map(({ t, value }) => `${t} ${value}`).sort()
      const found = (series?.samples ?? []).map(([t, value]) => `${t} ${value}`).sort()
      if (wanted.join() !== found.join())
        throw new Error(`${id}: ${found.length} of ${wanted.length} samples`)
    }
  }
}
