import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openOutbox } from '#gateway/outbox/outbox.ts'
import { defaultOutboxSettings } from '#gateway/outbox/outbox-config.ts'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import type { TestGateway } from '../../tests/support/test-gateway.ts'
import { takeSamples } from '../campus-mix.ts'

const perAppend = 10_000

/** What a long outage leaves in the data folder of a gateway: `count` samples of a campus, in batches as it writes them. */
export async function fillOutbox(dataFolder: string, count: number): Promise<void> {
  await mkdir(dataFolder, { recursive: true })
  const samples = takeSamples(200_000)
  const path = join(dataFolder, 'outbox.db')
  const log = createLogger({ level: 'error' })
  await using outbox = await openOutbox({ path, settings: defaultOutboxSettings, clock: systemClock, log })
  const spanMs = (samples.at(-1)?.t ?? 0) - (samples[0]?.t ?? 0)
  for (let done = 0; done < count; done += perAppend) {
    const start = done % samples.length
    const laterMs = spanMs * Math.floor(done / samples.length)
    outbox.append(samples.slice(start, start + perAppend).map((one) => ({ ...one, t: one.t + laterMs })))
    if (outbox.stats().memory.samples > defaultOutboxSettings.memoryBudgetSamples / 2) await outbox.flush()
  }
  await outbox.flush()
}

/** Samples that wait on the gateway, over all lanes. */
export async function waitingSamples(gateway: Pick<TestGateway, 'metrics'>): Promise<number> {
  const lines = (await gateway.metrics()).match(/^gateway_backlog_samples\{.*$/gm) ?? []
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}
