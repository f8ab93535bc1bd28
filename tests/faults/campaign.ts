import { setTimeout as sleep } from 'node:timers/promises'
import type { DroppedRange, Ledger } from '#contract/api/ledger.ts'
import type { TimeRange } from '../support/api-client.ts'
import { diskFaults } from '../support/disk-faults.ts'
import { startInfluxDb } from '../support/influxdb.ts'
import { judge, readStored, unaccounted, type Verdict, type Written } from '../support/judge.ts'
import { silence, startProxiedCampus } from '../support/proxied-campus.ts'
import { SeededChance } from '../support/random.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { type Campus, lux } from '../support/test-campus.ts'
import { type FaultName, faultNames, faults, type Scene } from './fault.ts'
import { type Act, schedule } from './schedule.ts'

export type CampaignOptions = {
  readonly seed: string
  readonly minutes: number
  /** All that this store can have, if absent. */
  readonly only?: readonly FaultName[] | undefined
  readonly store: 'embedded' | 'influxdb'
  /** After the last fault everything that is owed has to be in the stores within this time. */
  readonly settleMs?: number
  readonly say?: (line: object) => void
}

/** What came of it. `findings` is empty when every promise held. */
export type CampaignResult = {
  readonly seed: string
  readonly played: Readonly<Record<string, number>>
  readonly written: number
  /** Lost within a second and a half before a kill of the gateway: it was not on disk yet. */
  readonly lostBeforeDisk: number
  /** Lost because a budget was spent, and in the ledger as dropped. */
  readonly reportedAsDropped: number
  readonly findings: readonly string[]
}

const sensors = 12
const intervalMs = 100
const usualSettleMs = 60_000

/**
 * A generator writes and keeps a journal; faults are played by a schedule that the seed alone decides; then a judge
 * compares the journal with the store, value by value, and the ledger with what was produced.
 */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const { seed, minutes, store, only, say = () => undefined } = options
  const acts = schedule(new SeededChance(seed), {
    totalMs: minutes * 60_000,
    names: faultNames.filter((name) => (only ?? possible(store)).includes(name)),
  })
  await using folder = await tempFolder()
  const gatewayDisk = diskFaults(folder.path)
  const devices = Array.from({ length: sensors }, (_, i) =>
    lux(`lux-${i + 1}`, {
      interval: `${intervalMs}ms`,
      signals: { illuminance: { gen: 'count', start: i, step: sensors, wrap: 100_000 } },
    }),
  )
  await using parts = new AsyncDisposableStack()
  const influx = store === 'influxdb' ? parts.use(await startInfluxDb()) : undefined
  const proxied = parts.use(
    await startProxiedCampus({
      devices,
      gatewayEnv: gatewayDisk.env({}),
      // So little that a full disk of some seconds spends it: then batches are dropped, and the ledger has to say so.
      outbox: { memoryBudgetSamples: 1_000 },
      ...(influx === undefined ? {} : { telemetry: { influxdb: { url: influx.url, timeout: '3s' } } }),
    }),
  )
  const scene: Scene = { ...proxied, gatewayDisk, influx }

  const mayLose: TimeRange[] = []
  for (const act of acts) mayLose.push(...(await playAct(scene, act, say)))
  await sleep(2_000)
  const written = await silence(scene.campus, devices)
  const { verdict, dropped } = await settled(scene.campus, {
    written,
    mayLose,
    withinMs: options.settleMs ?? usualSettleMs,
  })
  const { ledger, findings } = await closedLedger(scene.campus)
  const declared = ledger.streams
    .flatMap((stream) => stream.dropped)
    .reduce((sum, { samples }) => sum + samples, 0)
  return {
    seed,
    played: countNames(acts),
    written: written.length,
    lostBeforeDisk: verdict.excused.length,
    reportedAsDropped: dropped,
    findings: [
      ...findingsOf(verdict),
      ...findings,
      ...(dropped > declared ? [`${dropped} values dropped, the ledger owns to ${declared} samples`] : []),
    ],
  }
}

function possible(store: CampaignOptions['store']): readonly FaultName[] {
  return faultNames.filter((name) => store === 'influxdb' || name !== 'telemetry store killed')
}

async function playAct(scene: Scene, act: Act, say: (line: object) => void): Promise<readonly TimeRange[]> {
  say(act)
  const windows = await Promise.all(act.faults.map(({ name, ms }) => faults[name].play(scene, ms)))
  await sleep(act.quietMs)
  return windows.filter((window) => window !== undefined)
}

/** The verdict when nothing is missing any more but what the ledger says was dropped, or the last when the time is up. */
async function settled(
  { cloud, gatewayId }: Campus,
  {
    written,
    mayLose,
    withinMs,
  }: {
    readonly written: readonly Written[]
    readonly mayLose: readonly TimeRange[]
    readonly withinMs: number
  },
): Promise<{ verdict: Verdict; dropped: number }> {
  const deadline = performance.now() + withinMs
  for (;;) {
    const verdict = judge({ written, stored: await readStored(cloud.api, gatewayId, written), mayLose })
    const { streams } = await cloud.api.ledger(gatewayId)
    const gone = streams.flatMap((stream) => stream.dropped)
    const missing = verdict.missing.filter(({ t }) => !gone.some((range) => lies(t, range)))
    if (missing.length === 0 || performance.now() > deadline) {
      return { verdict: { ...verdict, missing }, dropped: verdict.missing.length - missing.length }
    }
    await sleep(1_000)
  }
}

function lies(t: number, { from, to }: DroppedRange): boolean {
  return from !== undefined && to !== undefined && t >= Date.parse(from) && t <= Date.parse(to)
}

function findingsOf({ missing, doubled, changed, invented }: Verdict): readonly string[] {
  const kinds = { missing, doubled, changed, invented }
  return Object.entries(kinds).flatMap(([kind, entries]) =>
    entries.length === 0 ? [] : [`${entries.length} values ${kind}, first: ${JSON.stringify(entries[0])}`],
  )
}

/** Numbers are settled a little after the values: the ledger is read until it is closed or the time is up. */
async function closedLedger({
  cloud,
  gatewayId,
}: Campus): Promise<{ ledger: Ledger; findings: readonly string[] }> {
  const deadline = performance.now() + 20_000
  for (;;) {
    const ledger = await cloud.api.ledger(gatewayId)
    const findings = ledger.streams.flatMap((stream) => {
      const { missing, twice } = unaccounted(stream)
      if (missing.length === 0 && twice.length === 0) return []
      return [`ledger of ${stream.stream} ${stream.epoch}: ${JSON.stringify({ missing, twice })}`]
    })
    if (findings.length === 0 || performance.now() > deadline) return { ledger, findings }
    await sleep(1_000)
  }
}

function countNames(acts: readonly Act[]): Record<string, number> {
  const names = acts.flatMap((act) => act.faults.map(({ name }) => name))
  return Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]))
}
