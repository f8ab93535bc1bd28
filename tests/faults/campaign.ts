import { setTimeout as sleep } from 'node:timers/promises'
import type { DroppedRange, LedgerStream } from '#contract/api/ledger.ts'
import type { Health } from '#gateway/health/health.ts'
import { clockFaults } from '../support/clock-faults.ts'
import { diskFaults } from '../support/disk-faults.ts'
import { startInfluxDb } from '../support/influxdb.ts'
import { type Case, judge, readStored, unaccounted, type Verdict } from '../support/judge.ts'
import { startMqttProxy } from '../support/mqtt-proxy.ts'
import { silence, startProxiedCampus } from '../support/proxied-campus.ts'
import { SeededChance } from '../support/random.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { type Campus, lux } from '../support/test-campus.ts'
import type { Aftermath, Fault, Scene } from './fault.ts'
import { type FaultName, faults, possibleFaults } from './faults.ts'
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
  readonly minutes: number
  readonly store: string
  readonly played: Readonly<Record<string, number>>
  readonly written: number
  /** Lost within seconds before a kill of the gateway: it was not on disk yet. */
  readonly lostInKillWindows: number
  /** Lost because a budget was spent, and in the ledger as dropped. */
  readonly reportedAsDropped: number
  /** Kept, under the time of the gateway's wrong clock. */
  readonly redated: number
  readonly findings: readonly string[]
}

const sensors = 12
const intervalMs = 100
const usualSettleMs = 30_000

/** A value of a sensor comes again only after half an hour: one that is found under another time is known by it. */
const counters = Array.from({ length: sensors }, (_, i) =>
  lux(`lux-${i + 1}`, {
    interval: `${intervalMs}ms`,
    signals: { illuminance: { gen: 'count', start: i, step: sensors, wrap: 200_000 } },
  }),
)
/** Dark and bright in turns: events for their lane. Not judged value by value, for they say the same again and again. */
const blinker = lux('blinker', {
  interval: '500ms',
  signals: { illuminance: { gen: 'count', start: 0, step: 500, wrap: 1_000 } },
})
const dark = { id: 'dark', point: 'blinker/illuminance', below: 100, priority: 3, title: { en: 'Dark' } }

/**
 * A generator writes and keeps a journal; faults are played by a schedule that the seed alone decides; then a judge
 * compares the journal with the store, value by value, and the ledger with what was produced.
 */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const { seed, minutes, store, only, settleMs = usualSettleMs, say = () => undefined } = options
  const names = possibleFaults(store).filter((name) => only?.includes(name) ?? true)
  const acts = schedule(new SeededChance(seed), { totalMs: minutes * 60_000, names })
  await using parts = new AsyncDisposableStack()
  const scene = await startScene(parts, store)

  const aftermaths: Aftermath[] = []
  for (const act of acts) aftermaths.push(...(await playAct(scene, act, say)))
  await sleep(2_000)
  const written = await silence(scene.campus, counters)
  const until = performance.now() + settleMs
  const { verdict, dropped } = await settled(
    scene.campus,
    {
      written,
      mayLose: aftermaths.flatMap(({ mayLose }) => mayLose ?? []),
      redated: aftermaths.flatMap(({ redated }) => redated ?? []),
    },
    until,
  )
  return {
    ...{ seed, minutes, store, played: countNames(acts), written: written.length },
    lostInKillWindows: verdict.excused.length,
    reportedAsDropped: dropped,
    redated: verdict.redated.length,
    findings: [
      ...aftermaths.flatMap(({ findings }) => findings ?? []),
      ...findingsOf(verdict),
      ...(await ledgerFindings(scene.campus, dropped, until + accountsMs)),
      ...(await outboxFindings(scene.campus, until + accountsMs)),
    ],
  }
}

async function startScene(parts: AsyncDisposableStack, store: CampaignOptions['store']): Promise<Scene> {
  const [forGateway, forCloud] = [parts.use(await tempFolder()), parts.use(await tempFolder())]
  const gatewayDisk = diskFaults(forGateway.path)
  const gatewayClock = parts.use(clockFaults(forGateway.path))
  const cloudDisk = diskFaults(forCloud.path)
  const influx = store === 'influxdb' ? parts.use(await startInfluxDb()) : undefined
  const { campus, link } = parts.use(
    await startProxiedCampus({
      devices: [...counters, blinker],
      rules: [dark],
      gatewayEnv: {
        ...gatewayDisk.env,
        ...gatewayClock.env,
        LD_PRELOAD: `${gatewayDisk.env.LD_PRELOAD}:${gatewayClock.env.LD_PRELOAD}`,
        // Little memory all the time: a gateway that heaps something up does not live to the end.
        NODE_OPTIONS: '--max-old-space-size=64',
      },
      cloudEnv: cloudDisk.env,
      // So little that a full disk of some seconds spends it: then batches are dropped, and the ledger has to say so.
      // Backlog messages so small that an outage of some seconds makes several of them.
      outbox: { memoryBudgetSamples: 1_000, backfillSamples: 250 },
      // Else most of a campaign with so many faults would be the waits between attempts to connect.
      reconnectMax: '3s',
      ...(influx === undefined ? {} : { telemetry: { influxdb: { url: influx.url, timeout: '3s' } } }),
    }),
  )
  const { ca, certificate } = await campus.cloud.impersonation()
  const reader = parts.use(await startMqttProxy({ port: campus.cloud.mqttPort, ca, certificate }))
  return { campus, link, reader, gatewayDisk, gatewayClock, cloudDisk, influx }
}

async function playAct(scene: Scene, act: Act, say: (line: object) => void): Promise<readonly Aftermath[]> {
  say({ at: new Date().toISOString(), ...act })
  const played = act.faults.map(({ name, ms }) => {
    const { play }: Fault = faults[name]
    return play(scene, ms)
  })
  const aftermaths = await Promise.all(played)
  await sleep(act.quietMs)
  return [...aftermaths, { findings: endedByItself(scene.campus) }]
}

/** Every fault starts again what it killed. */
function endedByItself({ gateway, cloud }: Campus): readonly string[] {
  return [gateway.program, cloud.program]
    .filter(({ isRunning }) => !isRunning)
    .map(({ name, output }) => `${name} ended by itself: ${output.slice(-1_000)}`)
}

/** The verdict when nothing is missing any more but what the ledger says was dropped, or the last when the time is up. */
async function settled(
  { cloud, gatewayId }: Campus,
  facts: Omit<Case, 'stored'>,
  until: number,
): Promise<{ verdict: Verdict; dropped: number }> {
  for (;;) {
    const stored = await readStored(cloud.api, gatewayId, facts.written)
    const verdict = judge({ ...facts, stored })
    const { streams } = await cloud.api.ledger(gatewayId)
    const gone = streams.flatMap((stream) => stream.dropped)
    const missing = verdict.missing.filter(({ t }) => !gone.some((range) => lies(t, range)))
    if (missing.length === 0 || performance.now() > until) {
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

/** Numbers are settled a little after the values. */
const accountsMs = 5_000

/** The ledger is read until it is closed or the time is up. */
async function ledgerFindings(
  { cloud, gatewayId }: Campus,
  droppedValues: number,
  until: number,
): Promise<readonly string[]> {
  for (;;) {
    const { streams } = await cloud.api.ledger(gatewayId)
    const owned = sumOf(streams.flatMap(({ dropped }) => dropped))
    const findings = [
      ...streams.flatMap(streamFindings),
      ...(droppedValues > owned
        ? [`${droppedValues} values dropped, the ledger owns to ${owned} samples`]
        : []),
    ]
    if (findings.length === 0 || performance.now() > until) return findings
    await sleep(1_000)
  }
}

/** What is just on its way; the blinker goes on. */
const onItsWay = 3

/** What the cloud has is not kept on the gateway. */
async function outboxFindings({ gateway }: Campus, until: number): Promise<readonly string[]> {
  for (;;) {
    const { outbox } = (await gateway.health()) as Pick<Health, 'outbox'>
    const waiting = outbox.backlog.reduce((sum, { batches }) => sum + batches, 0)
    if (waiting <= onItsWay) return []
    if (performance.now() > until) return [`${waiting} batches still in the outbox`]
    await sleep(200)
  }
}

/** Of a message that was received in part already, the ledger can only estimate how many samples were new. */
const estimatedShare = 0.02
const estimatedSamples = 50

function streamFindings(ledgerStream: LedgerStream): readonly string[] {
  const { missing, twice } = unaccounted(ledgerStream)
  const { stream, epoch, produced, producedSamples, receivedSamples, dropped } = ledgerStream
  const droppedSamples = sumOf(dropped)
  // An event is one sample and has one number. What telemetry produced is shown as no less than what was received.
  const [expected, tolerated] =
    stream === 'events'
      ? [produced, 0]
      : [producedSamples, estimatedSamples + producedSamples * estimatedShare]
  const adds = Math.abs(expected - receivedSamples - droppedSamples) <= tolerated
  if (missing.length === 0 && twice.length === 0 && adds) return []
  const account = { missing, twice, produced, producedSamples, receivedSamples, droppedSamples }
  return [`ledger of ${stream} ${epoch}: ${JSON.stringify(account)}`]
}

function sumOf(ranges: readonly DroppedRange[]): number {
  return ranges.reduce((sum, { samples }) => sum + samples, 0)
}

function countNames(acts: readonly Act[]): Record<string, number> {
  const names = acts.flatMap((act) => act.faults.map(({ name }) => name))
  return Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]))
}
