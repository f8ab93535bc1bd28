/**
 * What a whole gateway process costs at 1,000 samples/s: lux sensors that each send once a second over MQTT and meters with
 * 36 points each, polled over Modbus TCP as their profile says. The sensors share one connection, as behind zigbee2mqtt,
 * whose profile they have; beside it the same with a connection for each. The cloud takes everything in. CPU seconds and
 * memory of the gateway's process as the kernel counts them, after a warm-up, started as the service unit in
 * `docs/operate.md` starts it. Budgets: under 10 % of one core and under 150 MB resident, peak included.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { lux, meter, startCampus, type TestDevice } from '../tests/support/test-campus.ts'
import type { Figure } from './lib/figure.ts'
import { processCost } from './lib/process-cost.ts'

const warmUpMs = 60_000
const measureMs = 30_000
const sensors = 660
/** glibc otherwise keeps a pool of freed memory for every thread. */
const gatewayEnv = { MALLOC_ARENA_MAX: '1' }
const meters = 60

export async function run(): Promise<Figure[]> {
  await startOnce()
  return [...(await measure('behind one bridge', true)), ...(await measure('a connection each', false))]
}

async function measure(name: string, bridged: boolean): Promise<Figure[]> {
  await using campus = await startCampus({
    bridged,
    gatewayEnv,
    devices: [...luxSensors(), ...powerMeters()],
  })
  const { pid } = campus.gateway.program
  await sleep(warmUpMs)
  const before = { ...processCost(pid), samples: await samplesSoFar(campus.gateway) }
  await sleep(measureMs)
  const after = { ...processCost(pid), samples: await samplesSoFar(campus.gateway) }

  const seconds = measureMs / 1000
  const perS = (after.samples - before.samples) / seconds
  const core = ((after.cpuS - before.cpuS) / seconds) * 100
  const figure = (metric: string, value: number, unit: string): Figure => ({
    case: name,
    metric,
    value,
    unit,
  })
  return [
    figure('reported', perS, 'samples/s'),
    figure('CPU at 1,000 samples/s', (core / perS) * 1000, '% of one core'),
    figure('resident', after.rssBytes / 1e6, 'MB'),
    figure('resident, peak', after.peakRssBytes / 1e6, 'MB'),
  ]
}

/** The first start after an installation fills the compile cache, and holds the type stripper while it does. */
async function startOnce(): Promise<void> {
  await using campus = await startCampus({ devices: [...luxSensors().slice(0, 1), meter('meter-1', 1)] })
  await campus.gateway.program.stop()
}

function luxSensors(): TestDevice[] {
  return Array.from({ length: sensors }, (_, i) =>
    lux(`lux-${i + 1}`, {
      interval: '1s',
      signals: { illuminance: { gen: 'count', start: i, step: 7, wrap: 100_000 } },
    }),
  )
}

function powerMeters(): TestDevice[] {
  return Array.from({ length: meters }, (_, i) => meter(`meter-${i + 1}`, i + 1))
}

async function samplesSoFar(gateway: { metrics(): Promise<string> }): Promise<number> {
  const text = await gateway.metrics()
  return Number(/^gateway_samples_total (\d+)/m.exec(text)?.[1])
}
