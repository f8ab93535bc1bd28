/**
 * An outbox in a process of its own: `node bench/lib/outbox-child.ts PATH PER_S SECONDS` appends at that pace and then ends,
 * `PATH queue COUNT` appends as fast as the disk takes it. Says one `OutboxReport` a line.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Outbox, openOutbox } from '#gateway/outbox/outbox.ts'
import { defaultOutboxSettings } from '#gateway/outbox/outbox-config.ts'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { keepHeapSmall } from '#lib/small-heap.ts'
import { takeSamples } from '../campus-mix.ts'

export type OutboxReport = { readonly queued: number; readonly rssBytes: number; readonly diskBytes: number }

keepHeapSmall() // as the gateway does
const [path = '', how = '', amount = '0'] = process.argv.slice(2)
const mix = takeSamples(100_000)
const ticksPerS = 10
const reportEvery = 1_000_000

const settings = { ...defaultOutboxSettings, diskBudgetBytes: 1024 ** 3 }
await using outbox = await openOutbox({
  path,
  settings,
  clock: systemClock,
  log: createLogger({ level: 'error' }),
})
if (how === 'queue') await queue(outbox, Number(amount))
else await pace(outbox, Number(how), Number(amount))

async function pace(outbox: Outbox, perS: number, seconds: number): Promise<void> {
  const beganAt = performance.now()
  const perTick = perS / ticksPerS
  for (let tick = 0; tick < seconds * ticksPerS; tick++) {
    await sleep(Math.max(0, beganAt + (tick * 1000) / ticksPerS - performance.now()))
    outbox.append(mix.slice((tick * perTick) % mix.length, ((tick * perTick) % mix.length) + perTick))
  }
  await outbox.flush()
  report(outbox)
}

async function queue(outbox: Outbox, count: number): Promise<void> {
  const perAppend = 10_000
  for (let done = 0; done < count; done += perAppend) {
    const start = done % mix.length
    outbox.append(mix.slice(start, start + perAppend))
    if (outbox.stats().memory.samples > settings.memoryBudgetSamples / 2) await outbox.flush()
    if ((done + perAppend) % reportEvery !== 0) continue
    await outbox.flush()
    report(outbox)
  }
}

function report(outbox: Outbox): void {
  const { telemetry, diskUsed } = outbox.stats()
  const line: OutboxReport = {
    queued: telemetry.samples,
    rssBytes: process.memoryUsage.rss(),
    diskBytes: diskUsed,
  }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
