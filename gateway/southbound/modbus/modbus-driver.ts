import type { BusReport } from '#contract/bus-report.ts'
import type { Trouble } from '#contract/device-errors.ts'
import { AppError } from '#contract/errors.ts'
import { qualityCodes } from '#contract/quality.ts'
import type { Value } from '#contract/sample.ts'
import type { Device, ModbusDevice } from '#gateway/profiles/device.ts'
import type { Driver, DriverHost, Probed, Written } from '../driver.ts'
import { type Bus, openBus } from './bus.ts'
import type { BusConfig } from './bus-config.ts'
import { busReport } from './bus-report.ts'
import { LineStats } from './line-stats.ts'
import type { LogicalDevice } from './logical-device.ts'
import { refusalCode, troubleOf } from './modbus-errors.ts'
import { planUnit, withReaders } from './owned-points.ts'
import { Pause } from './pause.ts'
import { splitBlock } from './plan-reads.ts'
import { type Entry, PollSchedule } from './poll-schedule.ts'
import { factorsOf, misfitOf, unmetSetup } from './prepare-unit.ts'
import { probeDevice } from './probe-device.ts'
import { type ScannedUnit, type ScanRange, scanUnits } from './scan-units.ts'
import { UnitState } from './unit-state.ts'
import { writePoint } from './write-point.ts'

/** Illegal function, address or value: asking for the same again will not help. */
const illegal = new Set([1, 2, 3])

/**
 * Polls the devices of one Modbus bus. It keeps each block's beat, leaves silent units alone for longer and longer within
 * a budget, and tells every failure once. Connecting again is the runner's business.
 */
export class ModbusDriver implements Driver {
  readonly #config: BusConfig
  readonly #host: DriverHost
  readonly #stats: LineStats
  readonly #units: readonly UnitState[]
  readonly #lastWriteAt = new Map<string, number>()
  #bus: Bus | undefined
  #schedule: PollSchedule | undefined

  constructor(config: BusConfig, host: DriverHost) {
    this.#config = config
    this.#host = host
    this.#stats = new LineStats(host.clock.monotonic())
    const own = host.devices.filter(isModbus).filter(({ address }) => address.bus === config.id)
    this.#units = [...Map.groupBy(own, ({ address }) => address.unit)].map(
      ([unit, devices]) => new UnitState(devices, host, this.#stats.unit(unit)),
    )
    this.#stats.expected = this.#units.length
  }

  /** Beats that passed without a read, since the last connection. */
  get overruns(): number {
    return this.#schedule?.overruns ?? 0
  }

  /** How the bus and its units are doing. Cheap enough for every `/metrics`. */
  report(): BusReport {
    const { clock } = this.#host
    const monotonic = clock.monotonic()
    return busReport({
      config: this.#config,
      isConnected: this.#bus !== undefined,
      stats: this.#stats,
      units: this.#units,
      overruns: this.overruns,
      parkedOf: (unit) => this.#schedule?.parkedOf(unit) ?? [],
      probeAt: (unit) => this.#schedule?.probeAt(unit, monotonic) ?? monotonic,
      now: clock.now(),
      monotonic,
    })
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      await using bus = await openBus(this.#config, this.#host.clock, signal, this.#stats)
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
    const { unit, owner } = this.#find(target.device)
    const point = owner?.device.points.find(({ id }) => id === target.point)
    if (unit === undefined || owner === undefined || point === undefined) {
      throw new AppError('POINT_UNKNOWN', `${name}: no such point`)
    }
    if (point.write === undefined) throw new AppError('POINT_NOT_WRITABLE', `${name} cannot be written`)
    await this.#keepDistance(name, point.write.minIntervalMs, signal)
    const bus = this.#openBus(name)
    if (signal.aborted) throw new AppError('DEVICE_TIMEOUT', `${name}: given up before it was written`)
    return await writePoint(owner, point, value, { bus, unit, clock: this.#host.clock, signal })
  }

  async probe(device: Device, signal: AbortSignal): Promise<Probed> {
    if (!isModbus(device)) throw new AppError('CONFIG_INVALID', `${device.id} is no Modbus device`)
    return await probeDevice(device, { bus: this.#openBus(device.id), log: this.#host.log, signal })
  }

  /** Which unit numbers answer, asked one after the other between the polls. Stops early when `signal` aborts. */
  async scan(
    range: ScanRange,
    signal: AbortSignal,
    onProgress: (scanned: ScannedUnit) => void = () => {},
  ): Promise<ScannedUnit[]> {
    return await scanUnits(this.#openBus('scan'), range, { signal, onProgress })
  }

  #find(deviceId: string) {
    for (const unit of this.#units) {
      const owner = unit.devices.find(({ device }) => device.id === deviceId)
      if (owner !== undefined) return { unit, owner }
    }
    return {}
  }

  #openBus(name: string): Bus {
    if (this.#bus !== undefined) return this.#bus
    throw new AppError('LINK_DOWN', `${name}: bus ${this.#config.id} is not connected`)
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
    for (const unit of this.#units) {
      unit.prepared = false
      unit.silentUntil = undefined
    }
    const planned = this.#units.flatMap((unit) =>
      planUnit(unit.devices, unit).map((block) => ({ unit, block })),
    )
    const schedule = new PollSchedule(interleaved(planned), clock.monotonic())
    this.#schedule = schedule

    const pause = new Pause(clock)
    let isOver = false
    const stop = () => {
      isOver = true
      pause.end()
    }
    // A request on its way must not hold up the stop: it rejects when the bus is closed.
    const close = () => void bus[Symbol.asyncDispose]() // never rejects
    signal.addEventListener('abort', close, { once: true })
    if (signal.aborted) close()
    void bus.lost.then(stop) // never rejects
    try {
      while (!isOver) {
        const next = schedule.next(clock.monotonic())
        if ('at' in next) await pause.until(next.at)
        else await this.#serve(bus, schedule, next.entry)
      }
    } finally {
      signal.removeEventListener('abort', close)
      pause.close()
    }
    throw await bus.lost
  }

  async #serve(bus: Bus, schedule: PollSchedule, entry: Entry): Promise<void> {
    const { unit } = entry
    try {
      if (!unit.prepared && !(await this.#prepare(bus, unit))) {
        unit.rest(this.#host.clock.monotonic())
        schedule.rest(unit, unit.silentUntil ?? 0)
        return
      }
      await this.#poll(bus, schedule, entry)
    } catch (error) {
      this.#pollFailed(schedule, entry, error)
    }
  }

  async #poll(bus: Bus, schedule: PollSchedule, entry: Entry): Promise<void> {
    const { unit, block } = entry
    const { clock } = this.#host
    const answer = await bus.read(unit, block, { timeoutMs: unit.patienceMs })
    const t = clock.now()
    this.#answered(schedule, entry)
    for (const { owner, readers } of block.parts) {
      if (owner.misfit === undefined) owner.readAll(readers, answer, t)
    }
    schedule.done(entry, clock.monotonic())
  }

  #answered(schedule: PollSchedule, entry: Entry): void {
    const { unit } = entry
    schedule.trust(unit)
    if (unit.answered()) schedule.wake(unit, this.#host.clock.monotonic(), entry)
  }

  #pollFailed(schedule: PollSchedule, entry: Entry, error: unknown): void {
    if (!(error instanceof AppError)) throw error
    switch (error.code) {
      case 'DEVICE_TIMEOUT':
        this.#missed(schedule, entry, error)
        return
      case 'DEVICE_REFUSED':
        this.#answered(schedule, entry)
        this.#refused(schedule, entry, error)
        return
      default:
        throw error
    }
  }

  #missed(schedule: PollSchedule, entry: Entry, error: AppError): void {
    const { unit } = entry
    const now = this.#host.clock.monotonic()
    schedule.doubt(unit, unit.patienceMs)
    this.#tell(unit.devices, troubleOf(error))
    if (unit.timedOut(now, error.message)) schedule.rest(unit, unit.silentUntil ?? now)
    else schedule.again(entry, now)
  }

  #refused(schedule: PollSchedule, entry: Entry, error: AppError): void {
    const { unit, block } = entry
    const now = this.#host.clock.monotonic()
    const exception = refusalCode(error)
    const owners = block.parts.map(({ owner }) => owner)
    if (exception === undefined || !illegal.has(exception)) this.#tell(owners, troubleOf(error))
    if (exception === undefined && entry.broken < unit.timing.retries) {
      entry.broken++
      schedule.again(entry, now)
      return
    }
    if (exception === undefined || !illegal.has(exception)) {
      failBlock(entry, exception === undefined ? 'bad:decode' : 'bad:refused')
      schedule.done(entry, now)
      return
    }
    const { onIllegal } = block.parts[0]?.owner.device.address ?? { onIllegal: 'drop' }
    const parts = onIllegal === 'split' ? splitBlock(block, unit.limits) : []
    if (parts.length > 0) {
      schedule.replace(entry, parts.map(withReaders), now)
      return
    }
    this.#tellParked(block, error)
    failBlock(entry, 'bad:refused')
    if (onIllegal === 'fail') for (const { owner } of block.parts) owner.failAll('bad:refused')
    schedule.park(entry, now)
  }

  #tellParked(block: Entry['block'], error: AppError): void {
    const points = block.points.map(({ owner, id }) => `${owner.device.id}/${id}`)
    this.#host.log.warn({ points, err: error }, 'points left out for an hour')
    const refused = troubleOf(error)
    for (const { owner, readers } of block.parts) {
      const own = readers.map(({ point }) => point.id).join(', ')
      if (refused === undefined) continue
      this.#tell([owner], { ...refused, kind: 'points_parked', text: `${own}: ${refused.text}` })
    }
  }

  /** Checks once per connection that the devices are what their profiles were written for. False where none is. */
  async #prepare(bus: Bus, unit: UnitState): Promise<boolean> {
    const asked = { bus, unit, log: this.#host.log }
    for (const one of unit.devices) {
      const misfit = await misfitOf(asked, one.device)
      one.misfit = misfit?.text
      if (misfit !== undefined) {
        one.failAll('bad:refused')
        one.link.cut(misfit.text)
        this.#tell([one], { kind: 'wrong_device', place: this.#placeOf(unit), text: misfit.text })
        this.#host.log.error(
          { device: one.device.id, problem: misfit.text },
          'device does not fit its profile',
        )
        continue
      }
      one.factors = await factorsOf(asked, one.device)
      one.unmetSetup = await unmetSetup(asked, one.device)
      this.#tell([one], this.#unprepared(unit, one))
    }
    unit.prepared = unit.devices.some(({ misfit }) => misfit === undefined)
    return unit.prepared
  }

  /** What the device does not have, although it is of the right model. */
  #unprepared(unit: UnitState, { device, factors, unmetSetup: unmet }: LogicalDevice): Trouble | undefined {
    const place = this.#placeOf(unit)
    if (unmet.length > 0) return { kind: 'setup_missing', place, text: unmet.join('; ') }
    const unscaled = device.points.filter(({ id, scaleFrom }) => scaleFrom !== undefined && !factors.has(id))
    if (unscaled.length === 0) return undefined
    const points = unscaled.map(({ id }) => id).join(', ')
    return { kind: 'wrong_device', place, text: `the scale of these points is not known: ${points}` }
  }

  #placeOf({ unit }: UnitState): string {
    return `${this.#config.id} · ${unit}`
  }

  #tell(devices: readonly LogicalDevice[], trouble: Trouble | undefined): void {
    if (trouble === undefined) return
    for (const { device } of devices) this.#host.trouble(device.id, trouble)
  }

  #tellAll(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    for (const unit of this.#units) {
      unit.failAll('bad:link')
      this.#tell(unit.devices, { kind: 'bus_lost', place: this.#config.id, text: reason })
      for (const { link } of unit.devices) link.cut(reason)
    }
  }
}

function isModbus(device: Device): device is ModbusDevice {
  return device.protocol === 'modbus'
}

function failBlock({ block }: Entry, quality: keyof typeof qualityCodes): void {
  for (const { owner, readers } of block.parts) {
    owner.fail(
      readers.map(({ point }) => point.id),
      qualityCodes[quality],
    )
  }
}

/** The first block of every unit, then the second of every unit: a dead one delays its neighbours least. */
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
