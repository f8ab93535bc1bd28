/**
 * What making samples durable costs the gateway: `append` of sample objects → columns → worker → encoded → SQLite with
 * one fsync per group. CPU seconds of the whole process, main thread and worker together; the wall time beside it is of
 * this machine's disk. Budget: at least 500,000 samples per CPU second with the default batches of 500.
 */
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Sample } from '#contract/sample.ts'
import { beginning } from '#gateway/outbox/batch.ts'
import { type Outbox, openOutbox } from '#gateway/outbox/outbox.ts'
import { defaultOutboxSettings } from '#gateway/outbox/outbox-config.ts'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { takeSamples } from './campus-mix.ts'

export type Figure = {
  readonly case: string
  readonly metric: string
  readonly value: number
  readonly unit: string
}

const samplesPerCase = 2_000_000
/** What one call of `append` brings: a block of registers, or one message of a device with several values. */
const perAppend = 10
/** Half the memory budget: the source waits for the disk here, so that nothing is dropped. */
const mostInMemory = defaultOutboxSettings.memoryBudgetSamples / 2

export async function run(): Promise<Figure[]> {
  const source = inCalls(takeSamples(200_000))
  return [...(await measure(source, 500)), ...(await measure(source, 50)), ...(await measure(source, 5_000))]
}

async function measure(source: readonly (readonly Sample[])[], commitSamples: number): Promise<Figure[]> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'bench-outbox-'))
  const path = join(folder.path, 'outbox.db')
  const log = createLogger({ level: 'error' })
  const settings = { ...defaultOutboxSettings, commitSamples }
  await using outbox = await openOutbox({ path, settings, clock: systemClock, log })
  await append(outbox, source, samplesPerCase / 4)
  const figure = figuresOf(`batches of ${commitSamples}`)
  const before = outbox.stats()

  const write = await timed(() => append(outbox, source, samplesPerCase))
  const { telemetry, diskUsed, commits, dropped } = outbox.stats()
  if (dropped.samples > 0)
    throw new Error(`${dropped.samples} samples were dropped: the figures mean nothing`)
  const read = await timed(() => readBacklog(outbox))

  return [
    figure('appended durably', samplesPerCase / write.cpuS, 'samples/CPU s'),
    figure('appended durably, wall', samplesPerCase / write.wallS, 'samples/s'),
    figure('samples per fsync', samplesPerCase / (commits - before.commits), 'samples'),
    figure('on disk', diskUsed / telemetry.samples, 'B/sample'),
    figure('backlog read and merged', telemetry.samples / read.cpuS, 'samples/CPU s'),
  ]
}

async function append(outbox: Outbox, source: readonly (readonly Sample[])[], count: number): Promise<void> {
  let appended = 0
  for (let call = 0; appended < count; call++) {
    const samples = source[call % source.length] ?? []
    outbox.append(samples)
    appended += samples.length
    if (call % 100 === 0 && outbox.stats().memory.samples > mostInMemory) await outbox.flush()
  }
  await outbox.flush()
}

async function readBacklog(outbox: Outbox): Promise<void> {
  const until = outbox.lastStored()
  for (let after = beginning; ; ) {
    const message = await outbox.backfill({ after, until, skip: [] })
    if (message === undefined) return
    after = { epoch: message.epoch, seq: message.lastSeq }
  }
}

async function timed(work: () => Promise<void>): Promise<{ cpuS: number; wallS: number }> {
  const startedAt = performance.now()
  const cpu = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(cpu)
  return { cpuS: (user + system) / 1e6, wallS: (performance.now() - startedAt) / 1000 }
}

function inCalls(samples: readonly Sample[]): Sample[][] {
  const calls = Math.ceil(samples.length / perAppend)
  return Array.from({ length: calls }, (_, i) => samples.slice(i * perAppend, (i + 1) * perAppend))
}

function figuresOf(name: string) {
  return (metric: string, value: number, unit: string): Figure => ({
    case: name,
    metric,
    value: Number(value.toPrecision(4)),
    unit,
  })
}
