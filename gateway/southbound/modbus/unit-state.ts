import type { qualityCodes } from '#contract/quality.ts'
import type { ModbusDevice, ModbusTiming, ReadGroup, ReadLimits } from '#gateway/profiles/device.ts'
import { type Backoff, backoffMs } from '#lib/backoff.ts'
import type { DriverHost } from '../driver.ts'
import type { UnitStats } from './line-stats.ts'
import { LogicalDevice } from './logical-device.ts'
import { rulesOf } from './plan-units.ts'

/** How long a silent unit is left alone: it may cost the bus one timeout per wait and no more. */
const silence: Backoff = { firstMs: 1000, maxMs: 30_000 }
/**
 * A unit that always answered within 20 ms is not waited for a whole second: what it ever needed, several times over, is
 * enough, and less still once it has missed a request. Now and then it gets the whole time that its profile grants.
 */
const trusted = { factor: 5, shortestMs: 200, answers: 10 }
const doubted = { factor: 3, shortestMs: 100, answers: 1 }
const wholeTimeEvery = 4

/** What the driver remembers about one physical unit, over reconnects too. */
export class UnitState {
  readonly unit: number
  readonly devices: readonly LogicalDevice[]
  readonly timing: ModbusTiming
  readonly limits: ReadLimits
  readonly groups: readonly ReadGroup[]
  readonly transports: readonly string[]
  readonly #stats: UnitStats
  /** Set while the unit does not answer: when it is asked again. */
  silentUntil: number | undefined
  /** False until identity, settings and scales were read on this connection. */
  prepared = false
  #timeouts = 0
  #silences = 0

  constructor(devices: readonly ModbusDevice[], host: DriverHost, stats: UnitStats) {
    const [first] = devices
    if (first === undefined) throw new Error('a unit without devices')
    this.unit = first.address.unit
    this.devices = devices.map((device) => new LogicalDevice(device, host))
    const { timing, limits, groups, transports } = rulesOf(devices)
    this.timing = timing
    this.limits = limits
    this.groups = groups
    this.transports = transports
    this.#stats = stats
  }

  get warmupMs(): number {
    return this.timing.warmupMs
  }

  /** How long to wait for the next answer. */
  get patienceMs(): number {
    const { timeoutMs } = this.timing
    const { factor, shortestMs, answers } = this.#timeouts === 0 ? trusted : doubted
    const isWhole = this.#timeouts > 0 && this.#timeouts % wholeTimeEvery === 0
    if (isWhole || this.#stats.answers < answers) return timeoutMs
    const slowestMs = Math.max(this.#stats.slowestMs, this.#stats.slowestLateMs)
    return Math.min(timeoutMs, Math.max(shortestMs, factor * slowestMs))
  }

  /** The unit answered, whatever the answer was. True when it had been silent before. */
  answered(): boolean {
    const wasSilent = this.silentUntil !== undefined
    this.#timeouts = 0
    this.#silences = 0
    this.silentUntil = undefined
    for (const one of this.devices) if (one.misfit === undefined) one.link.succeeded()
    return wasSilent
  }

  /**
   * One more request without an answer. After the profile's retries the unit is silent: true. One that has never answered
   * gets no retries: more likely it is not there than that the first of all its answers was lost.
   */
  timedOut(nowMs: number, reason: string): boolean {
    this.#timeouts++
    const isStranger = this.#stats.answers === 0
    for (const { link } of this.devices) {
      if (isStranger) link.cut(reason)
      else link.failed(reason)
    }
    const retries = isStranger ? 0 : this.timing.retries
    if (this.silentUntil === undefined && this.#timeouts <= retries) return false
    this.rest(nowMs)
    this.failAll('bad:timeout')
    return true
  }

  /** Leaves the unit alone for a while, longer each time. */
  rest(nowMs: number): void {
    this.silentUntil = nowMs + backoffMs(this.#silences++, silence)
    this.prepared = false
  }

  failAll(quality: keyof typeof qualityCodes): void {
    for (const one of this.devices) one.failAll(quality)
  }
}
