import type { Value } from '#contract/sample.ts'
import type { LocalMessage } from '#gateway/broker/local-bus.ts'
import type { CommandTarget } from '#gateway/commands/command-handler.ts'
import type { Clock } from '#lib/clock.ts'
import { type Field, type FieldParts, startField } from './field.ts'
import { holdMessages } from './hold-messages.ts'
import type { GatewaySetup } from './load-gateway.ts'
import type { OpenedBus } from './open-bus.ts'

export interface SwappableField extends AsyncDisposable {
  /** The one that runs, or ran last. */
  readonly current: Field
  find(point: string): CommandTarget | undefined
  /**
   * Stops the devices and starts those of `next`. Rejects with the reason when they do not start; then those from before
   * run again. What was measured until the stop has been handed on; writes under way are waited for, up to a limit.
   */
  swap(next: GatewaySetup): Promise<void>
}

/** A device that hangs must not keep the others from changing. */
const waitForWritesMs = 15_000

export async function startSwappableField(setup: GatewaySetup, parts: FieldParts): Promise<SwappableField> {
  const held = holdMessages<LocalMessage, OpenedBus>(parts.bus)
  const fieldParts = { ...parts, bus: held.link }
  let current = await startField(setup, fieldParts)
  let isRunning = true
  const writes = new Set<Promise<unknown>>()

  async function stop(): Promise<void> {
    if (!isRunning) return
    isRunning = false
    await current[Symbol.asyncDispose]()
  }

  async function start(next: GatewaySetup): Promise<void> {
    current = await startField(next, fieldParts)
    isRunning = true
  }

  function track<T>(writing: Promise<T>): Promise<T> {
    writes.add(writing)
    const done = (): void => void writes.delete(writing)
    writing.then(done, done)
    return writing
  }

  return {
    get current() {
      return current
    },
    find(point) {
      const slash = point.indexOf('/')
      const target = { device: point.slice(0, slash), point: point.slice(slash + 1) }
      for (const { driver, devices } of current.drivers) {
        const found = devices
          .find(({ id }) => id === target.device)
          ?.points.find(({ id }) => id === target.point)
        if (found === undefined) continue
        const write = (value: Value, signal: AbortSignal) => track(driver.write(target, value, signal))
        return { point: found, write }
      }
      return undefined
    },
    async swap(next) {
      const before = current.setup
      await settled(writes, parts.clock)
      held.hold()
      try {
        await stop()
        await start(next).catch(async (error: unknown) => {
          await start(before)
          throw error
        })
      } finally {
        held.release()
      }
    },
    [Symbol.asyncDispose]: stop,
  }
}

async function settled(writes: ReadonlySet<Promise<unknown>>, clock: Clock): Promise<void> {
  if (writes.size === 0) return
  const done = new AbortController()
  await Promise.race([
    Promise.allSettled(writes).then(() => done.abort()),
    clock.sleep(waitForWritesMs, done.signal),
  ])
}
