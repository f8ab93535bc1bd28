import { setMaxListeners } from 'node:events'
import { AppError } from '#contract/errors.ts'
import { qualityCodes } from '#contract/quality.ts'
import type { Value } from '#contract/sample.ts'
import type { ModbusDevice } from '#gateway/profiles/device.ts'
import { decodeValue } from '#gateway/profiles/pipeline-values.ts'
import type { Driver, DriverHost, Reading, Written } from '../driver.ts'
import { type Bus, openBus } from './bus.ts'
import type { BusConfig } from './connection.ts'
import { decodeRegisters } from './decode.ts'
import { misfit } from './identify.ts'
import { refusalCode } from './modbus-errors.ts'
import { planReads, type ReadBlock, splitBlock } from './plan-reads.ts'
import { type Entry, PollSchedule } from './poll-schedule.ts'
import { UnitState } from './unit-state.ts'
import { writePoint } from './write-point.ts'

/** Illegal function, address or value: asking for the same again will not help. */
const illegal = new Set([1, 2, 3])

/**
 * Polls the devices of one Modbus TCP bus. It knows one request at a time, keeps each block's beat, leaves silent units
 * alone for longer and longer, and tells every failure once. Connecting again is the runner's business.
 */
export class ModbusDriver implements Driver {
  readonly #config: BusConfig
  readonly #host: DriverHost
  readonly #units: readonly UnitState[]
  readonly #lastWriteAt = new Map<string, number>()
  #bus: Bus | undefined
  #schedule: PollSchedule | undefined

  constructor(config: BusConfig, host: DriverHost) {
    this.#config = config
    this.#host = host
    this.#units = host.devices
      .filter((device): device is ModbusDevice => device.protocol === 'modbus')
      .filter(({ address }) => address.bus === config.id)
      .map((device) => new UnitState(device, host))
  }

  /** Reads that fell due again before they were done, since the last connection. */
  get overruns(): number {
    return this.#schedule?.overruns ?? 0
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      await using bus = await openBus(this.#config, this.#host.clock, signal)
      this.#bus = bus
      await this.#pollUntil(bus, signal)
    } catch (error) {
      if (signal.aborted) return
      this.#tellAll(error)
      throw error
    } finally {
      this.#bus = undefined
    }
  }

  async write(
    target: { device: string; point: string },
    value: Value,
    signal: AbortSignal,
  ): Promise<Written> {
    const name = `${target.device}/${target.point}`
    const unit = this.#units.find(({ device }) => device.id === target.device)
    const point = unit?.device.points.find(({ id }) => id === target.point)
    if (unit === undefined || point === undefined)
      throw new AppError('POINT_UNKNOWN', `${name}: no such point`)
    if (point.write === undefined) throw new AppError('POINT_NOT_WRITABLE', `${name} cannot be written`)
    await this.#keepDistance(name, point.write.minIntervalMs, signal)
    const bus = this.#bus
    if (bus === undefined) throw new AppError('LINK_DOWN', `${name}: bus ${this.#config.id} is not connected`)
    if (signal.aborted) throw new AppError('DEVICE_TIMEOUT', `${name}: given up before it was written`)
    return await writePoint(unit, point, value, { bus, clock: this.#host.clock, signal })
  }

  /** Some devices lose a write that follows the last one too closely. */
  async #keepDistance(name: string, minIntervalMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#host
    const now = clock.monotonic()
    const earliest = Math.max(now, (this.#lastWriteAt.get(name) ?? Number.NEGATIVE_INFINITY) + minIntervalMs)
    this.#lastWriteAt.set(name, earliest)
    if (earliest > now) await clock.sleep(earliest - now, signal)
  }

  async #pollUntil(bus: Bus, signal: AbortSignal): Promise<void> {
    const { clock } = this.#host
    const planned = this.#units.flatMap((unit) => planOf(unit).map((block) => ({ unit, block })))
    this.#schedule = new PollSchedule(interleaved(planned), clock.monotonic())
    for (const unit of this.#units) unit.identified = false

    const over = new AbortController()
    setMaxListeners(0, over.signal)
    const stop = () => over.abort()
    signal.addEventListener('abort', stop, { once: true })
    void bus.lost.then(stop) // never rejects
    // A request on its way must not hold up the stop.
    over.signal.addEventListener('abort', () => void bus[Symbol.asyncDispose]()) // never rejects
    try {
      while (!over.signal.aborted) await this.#step(bus, this.#schedule, over.signal)
    } finally {
      signal.removeEventListener('abort', stop)
    }
    throw await bus.lost
  }

  async #step(bus: Bus, schedule: PollSchedule, signal: AbortSignal): Promise<void> {
    const { clock } = this.#host
    const next = schedule.next()
    const waitMs = next === undefined ? Number.POSITIVE_INFINITY : next.at - clock.monotonic()
    if (next === undefined || waitMs > 0) return clock.sleep(Math.min(waitMs, 60_000), signal)
    try {
      if (await this.#isRightDevice(bus, next.entry.unit)) await this.#poll(bus, schedule, next.entry)
    } catch (error) {
      if (!signal.aborted) this.#pollFailed(schedule, next.entry, error)
    }
  }

  async #poll(bus: Bus, schedule: PollSchedule, entry: Entry): Promise<void> {
    const { unit, block } = entry
    const { clock } = this.#host
    const cells = await bus.read(unit.device.address, block)
    const t = clock.now()
    if (unit.answered()) schedule.wake(unit, clock.monotonic())
    unit.report(block.points.map((point) => readingOf(unit, point, { block, cells, t })))
    schedule.done(entry, clock.monotonic())
  }

  #pollFailed(schedule: PollSchedule, entry: Entry, error: unknown): void {
    if (!(error instanceof AppError)) throw error
    const { unit } = entry
    const now = this.#host.clock.monotonic()
    switch (error.code) {
      case 'DEVICE_TIMEOUT':
        unit.timedOut(now, error.message)
        schedule.again(entry, now)
        return
      case 'DEVICE_REFUSED':
        if (unit.answered()) schedule.wake(unit, now)
        this.#refused(schedule, entry, error)
        return
      default:
        throw error
    }
  }

  #refused(schedule: PollSchedule, entry: Entry, error: AppError): void {
    const { unit, block } = entry
    const now = this.#host.clock.monotonic()
    const exception = refusalCode(error)
    const ids = block.points.map(({ id }) => id)
    if (exception === undefined || !illegal.has(exception)) {
      unit.fail(ids, exception === undefined ? qualityCodes['bad:decode'] : qualityCodes['bad:refused'])
      schedule.done(entry, now)
      return
    }
    const { onIllegal, limits } = unit.device.address
    const parts = onIllegal === 'split' ? splitBlock(block, limits) : []
    if (parts.length > 0) {
      schedule.replace(entry, parts, now)
      return
    }
    this.#host.log.warn({ device: unit.device.id, points: ids, err: error }, 'points left out for an hour')
    unit.fail(ids, qualityCodes['bad:refused'])
    if (onIllegal === 'fail') unit.failAll('bad:refused')
    schedule.park(entry, now)
  }

  /** Checks once per connection that the device is what its profile was written for. */
  async #isRightDevice(bus: Bus, unit: UnitState): Promise<boolean> {
    if (unit.identified) return true
    const problem = await misfit(bus, unit.device, this.#host.log)
    unit.identified = problem === undefined
    if (problem === undefined) return true

    unit.rest(this.#host.clock.monotonic())
    unit.failAll('bad:refused')
    unit.link.cut(problem)
    this.#host.log.error({ device: unit.device.id, problem }, 'device does not fit its profile')
    return false
  }

  #tellAll(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    for (const unit of this.#units) {
      unit.failAll('bad:link')
      unit.link.cut(reason)
    }
  }
}

function planOf({ device }: UnitState): ReadBlock[] {
  return planReads(device.points, device.address)
}

/** The first block of every device, then the second of every device: a dead one delays its neighbours least. */
function interleaved<T extends { readonly unit: UnitState }>(planned: readonly T[]): T[] {
  const seen = new Map<UnitState, number>()
  return planned
    .map((one) => {
      const rank = seen.get(one.unit) ?? 0
      seen.set(one.unit, rank + 1)
      return { one, rank }
    })
    .sort((a, b) => a.rank - b.rank)
    .map(({ one }) => one)
}

type Answer = { readonly block: ReadBlock; readonly cells: readonly number[]; readonly t: number }

function readingOf(
  unit: UnitState,
  point: ReadBlock['points'][number],
  { block, cells, t }: Answer,
): Reading {
  const raw = decodeRegisters(cells.slice(point.from.addr - block.addr), point.from)
  return { device: unit.device.id, point: point.id, t, ...decodeValue(raw, point) }
}
