import type { Command } from '#contract/command.ts'
import { good } from '#contract/quality.ts'
import type { Request } from '#contract/request.ts'
import type { Sample } from '#contract/sample.ts'
import { type Outbox, openOutbox } from '#gateway/outbox/outbox.ts'
import { defaultOutboxSettings, type OutboxSettings } from '#gateway/outbox/outbox-config.ts'
import { startUplink, type Uplink } from '#gateway/uplink/uplink.ts'
import type { IdentitySource, UplinkSettings } from '#gateway/uplink/uplink-config.ts'
import { systemClock } from '#lib/clock.ts'
import { createLogger } from '#lib/logger.ts'
import type { Received } from './acking-cloud.ts'
import { tempFolder } from './temp-folder.ts'

const log = createLogger({ level: 'silent' })
export const gateway = 'school-a'
/** Short, so that a cut is found soon. */
export const keepAliveMs = 1_000

/** The part of a gateway that keeps and sends: a real outbox on a real disk, and uplinks to whatever cloud. */
export type UplinkSite = AsyncDisposable & {
  /** Of the outbox. */
  readonly path: string
  readonly outbox: Outbox
  readonly commands: Command[]
  readonly requests: Request[]
  readonly epoch: number
  connect(
    settings: Partial<UplinkSettings> & { port: number; ca?: string },
    identity?: IdentitySource,
  ): Promise<Uplink>
}

export async function startUplinkSite(settings: Partial<OutboxSettings> = {}): Promise<UplinkSite> {
  await using parts = new AsyncDisposableStack()
  const folder = parts.use(await tempFolder())
  const path = folder.file('outbox.db')
  const merged = { ...defaultOutboxSettings, commitEveryMs: 20, ...settings }
  const outbox = parts.use(await openOutbox({ path, settings: merged, clock: systemClock, log }))
  const commands: Command[] = []
  const requests: Request[] = []
  const owned = parts.move()
  return {
    path,
    outbox,
    commands,
    requests,
    epoch: outbox.stats().epoch,
    async connect({ port, ...settings }, identity) {
      const uplink = await startUplink({
        settings: {
          url: `mqtts://127.0.0.1:${port}`,
          token: 'secret',
          keepAliveMs,
          connectTimeoutMs: 2_000,
          statusEveryMs: 200,
          reconnect: { firstMs: 50, maxMs: 200 },
          ...settings,
        },
        identity,
        gateway,
        outbox,
        about: () => ({
          startedAt: 1,
          software: '0.1.0',
          runtime: process.version,
          configVersion: 'c1',
          catalogue: { v: 1, kind: 'catalogue', version: 'k1', devices: [] },
          devices: { total: 0, up: 0, down: 0 },
        }),
        onCommand: (command) => void commands.push(command),
        onRequest: (request) => void requests.push(request),
        clock: systemClock,
        log,
      })
      return owned.use(uplink)
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Each with its own value, so that it is known again. */
export function samples(from: number, count: number): Sample[] {
  return Array.from({ length: count }, (_, i) => ({
    point: 'meter-1/power',
    t: 1_700_000_000_000 + from + i,
    value: from + i,
    quality: good,
  }))
}

export function valuesOf(received: readonly Received[]): number[] {
  return received.flatMap(({ values }) => values.map(Number)).sort((a, b) => a - b)
}

/** What the cloud has, repetitions left out as its stores do. */
export function distinctValuesOf(received: readonly Received[]): number[] {
  return [...new Set(valuesOf(received))]
}

export const upTo = (n: number) => Array.from({ length: n }, (_, i) => i)

/** Batches and samples that wait, on disk and in memory. */
export function waitingIn(outbox: Outbox): readonly number[] {
  const { telemetry, events, memory } = outbox.stats()
  return [telemetry.batches, events.batches, memory.samples, memory.events]
}
