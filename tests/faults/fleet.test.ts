import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Catalogue } from '#contract/catalogue.ts'
import { good } from '#contract/quality.ts'
import { startUplink, type Uplink } from '#gateway/uplink/uplink.ts'
import { uplinkSettings } from '#gateway/uplink/uplink-config.ts'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import { unaccounted } from '../support/judge.ts'
import { MemoryOutbox } from '../support/memory-outbox.ts'
import { type Campus, lux, startCampus } from '../support/test-campus.ts'
import { waitFor } from '../support/wait-for.ts'

/** With the real one there are 500. */
const fleetSize = 499
/** A batch of so many samples of each gateway every five seconds: 100 batches a second together. */
const batchSamples = 20
const everyMs = 5_000
const outageMs = 3_000
/** What a return of all at once may cost in memory, against the same 500 connecting and sending in peace. */
const maxGrowth = 1.5
const eventWithinMs = 15_000

const dark = { id: 'dark', point: 'lux-1/illuminance', below: 100, priority: 2, title: { en: 'Dark' } }

type LightGateway = { readonly id: string; readonly outbox: MemoryOutbox; readonly uplink: Uplink }

const ids = Array.from({ length: fleetSize }, (_, i) => `fleet-${i}`)

async function startFleet(campus: Campus, parts: AsyncDisposableStack): Promise<readonly LightGateway[]> {
  const ca = await readFile(campus.cloud.caFile, 'utf8')
  const defaults = { keepAlive: '5s', connectTimeout: '15s', statusEvery: '5s', reconnectMax: '15s' }
  const url = `mqtts://127.0.0.1:${campus.cloud.mqttPort}`
  const startedAt = Date.now()
  return Promise.all(
    ids.map(async (id) => {
      const outbox = new MemoryOutbox(Math.floor(startedAt / 1000) * 65_536)
      const catalogue: Catalogue = { v: 1, kind: 'catalogue', version: 'none', devices: [] }
      const software = { software: 'test', runtime: process.version, configVersion: 'test' }
      const uplink = await startUplink({
        settings: uplinkSettings({ url, tokenFile: '', ...defaults }, { ca, token: tokenOf(id) }),
        gateway: id,
        outbox,
        about: () => ({ startedAt, ...software, catalogue, devices: { total: 0, up: 0, down: 0 } }),
        onCommand: () => undefined,
        clock: systemClock,
        log: createLogger({ level: 'silent' }),
      })
      parts.use(uplink)
      return { id, outbox, uplink }
    }),
  )
}

/** Every gateway measures on, connected or not; each at its own moment of the five seconds. */
async function produce(fleet: readonly LightGateway[], signal: AbortSignal): Promise<void> {
  for (let at = 0; !signal.aborted; at = (at + 1) % fleet.length) {
    fleet[at]?.outbox.append(samplesNow())
    await systemClock.sleep(everyMs / fleet.length, signal)
  }
}

function samplesNow() {
  const now = Date.now()
  const one = (i: number) => ({ point: 'm-1/power', t: now + i, value: i, quality: good })
  return Array.from({ length: batchSamples }, (_, i) => one(i))
}

function allConnected(fleet: readonly LightGateway[], connections: number): Promise<void> {
  return waitFor(
    () => {
      const away = fleet.filter(({ uplink }) => uplink.state().connections < connections)
      expect(away.map(({ uplink }) => uplink.state().lastError).slice(0, 3)).toEqual([])
    },
    { timeoutMs: 60_000, everyMs: 50 },
  )
}

/** Most memory the process has had so far. Linux only, as the machines that carry a cloud are. */
async function peakRssMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1]) / 1024
}

async function eventDelayMs(campus: Campus): Promise<number> {
  const saidAt = performance.now()
  await campus.site.set('lux-1', 'illuminance', 10)
  await waitFor(async () => expect(await campus.cloud.api.alarms()).toHaveLength(1), {
    timeoutMs: 60_000,
    everyMs: 50,
  })
  return performance.now() - saidAt
}

test('500 gateways that lost their cloud together come back to it, lose nothing and delay nobody’s alarm', async () => {
  await using parts = new AsyncDisposableStack()
  const campus = parts.use(
    await startCampus({
      devices: [lux('lux-1', { interval: '500ms', signals: { illuminance: { gen: 'const', value: 500 } } })],
      rules: [dark],
      otherGateways: ids.map((id) => ({ id, token: tokenOf(id) })),
    }),
  )
  const fleet = await startFleet(campus, parts)
  await allConnected(fleet, 1)
  const stop = new AbortController()
  const producing = produce(fleet, stop.signal)
  await sleep(everyMs)
  const peacefulMb = await peakRssMb(campus.cloud.program.pid)

  await campus.cloud.kill9()
  await sleep(outageMs)
  await campus.cloud.restart()
  const backAt = performance.now()
  await waitFor(
    async () => expect(await campus.gateway.health()).toMatchObject({ uplink: { connected: true } }),
    {
      timeoutMs: 60_000,
      everyMs: 50,
    },
  )
  const alarmMs = await eventDelayMs(campus)
  await allConnected(fleet, 2)
  const allBackMs = performance.now() - backAt
  stop.abort()
  await producing
  await waitFor(() => expect(fleet.filter(({ outbox }) => outbox.waiting > 0)).toEqual([]), {
    timeoutMs: 30_000,
  })
  const rssMb = await peakRssMb(campus.cloud.program.pid)
  const figures = Object.entries({ alarmMs, allBackMs, peacefulMb, rssMb })
  process.stdout.write(`${figures.map(([name, value]) => `${name} ${Math.round(value)}`).join(', ')}\n`)

  await Promise.all(
    fleet.map(async ({ id, outbox }) => {
      const { streams } = await campus.cloud.api.ledger(id)
      const produced = outbox.stats().produced[0]
      expect(streams, id).toMatchObject([
        { produced: produced?.lastSeq, receivedSamples: produced?.samples, dropped: [] },
      ])
      expect(streams.map(unaccounted), id).toEqual([{ missing: [], twice: [] }])
    }),
  )
  expect(alarmMs).toBeLessThan(eventWithinMs)
  expect(rssMb).toBeLessThan(maxGrowth * peacefulMb)
}, 240_000)

function tokenOf(id: string): string {
  return `token of ${id}`
}
