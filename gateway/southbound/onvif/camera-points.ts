import { good, qualityCodes } from '#contract/quality.ts'
import type { Value } from '#contract/sample.ts'
import type { OnvifDevice, OnvifSource } from '#gateway/profiles/device.ts'
import type { DriverHost, Reading } from '../driver.ts'
import { type DecodedEvent, decodeEvent, type OnvifMessage, type Tokens } from './decode-event.ts'

/** A camera's own time is believed when, corrected by the known offset, it is this close to ours. */
const believableMs = 5 * 60_000
/** A pulse on a point that has only on and off. */
const pulseMs = 2_000
const forever = Number.POSITIVE_INFINITY

type State = {
  value: Value
  /** Which rules, inputs or objects are on, and until when (monotonic). */
  readonly on: Map<string, number>
  lastT: number
}

export type TakeContext = {
  readonly tokens: Tokens
  readonly offsetMs: number
  readonly signal: AbortSignal
  /** A point was told: commands may wait for it. */
  readonly seen: (point: string, value: Value) => void
}

/** What is known of one device's points: states with their holds, and what the driver itself knows. */
export class CameraPoints {
  readonly device: OnvifDevice
  readonly #host: DriverHost
  readonly #states = new Map<string, State>()
  readonly #pulsedAt = new Map<string, number>()
  /** What fell back by itself: only a change can bring it up again. */
  readonly #fallen = new Set<string>()
  #isWaiting = false

  constructor(device: OnvifDevice, host: DriverHost) {
    this.device = device
    this.#host = host
  }

  /** Reports what a message means. `offsetMs`: how far the camera's clock is ahead. */
  take(message: OnvifMessage, context: TakeContext): void {
    const seenAt = this.#timeOf(message, context.offsetMs)
    for (const event of decodeEvent(message, this.device, context.tokens)) {
      this.#apply(this.#stillOver(event, message), seenAt)
      context.seen(event.point, event.value)
    }
    this.#waitForHolds(context.signal)
  }

  /** Says it of every point that the driver itself fills so. */
  derived(source: Extract<OnvifSource, { derived: unknown }>['derived'], value: Value): void {
    this.#reportWhere((from) => 'derived' in from && from.derived === source, value)
  }

  brightness(value: Value): void {
    this.#reportWhere((from) => 'imaging' in from, value)
  }

  /** Events may have been missed: the last states are shown, but as old ones. */
  stale(): void {
    const t = this.#host.clock.now()
    const readings = [...this.#states]
      .filter(([, { value }]) => value !== null)
      .map(([point, { value }]) => ({
        ...{ device: this.device.id, point, t, value },
        quality: qualityCodes.stale,
      }))
    for (const { on } of this.#states.values()) on.clear()
    this.#fallen.clear()
    if (readings.length > 0) this.#host.report(readings)
  }

  /** Nobody knows anything about the device any more. */
  fail(): void {
    const t = this.#host.clock.now()
    this.#states.clear()
    this.#fallen.clear()
    this.#host.report(
      this.device.points
        .filter(({ from }) => from !== undefined && !isAboutUs(from))
        .map(({ id }) => ({
          ...{ device: this.device.id, point: id, t, value: null },
          quality: qualityCodes['bad:link'],
        })),
    )
  }

  /** A camera that never takes a state back must not raise it anew each time it is asked for its states. */
  #stillOver(event: DecodedEvent, { operation }: OnvifMessage): DecodedEvent {
    const key = `${event.point} ${event.instance}`
    if (operation === 'Initialized' && this.#fallen.has(key)) return { ...event, value: false }
    this.#fallen.delete(key)
    return event
  }

  #apply(event: DecodedEvent, seenAt: number): void {
    switch (event.mode) {
      case 'value':
        this.#report(event.point, event.value, { t: seenAt, quality: event.quality })
        return
      case 'pulse':
        this.#pulse(event, seenAt)
        return
      case 'state':
        this.#change(event, seenAt)
        return
    }
  }

  #pulse(event: DecodedEvent, seenAt: number): void {
    const now = this.#host.clock.monotonic()
    const key = `${event.point} ${event.instance}`
    const last = this.#pulsedAt.get(key) ?? Number.NEGATIVE_INFINITY
    if (now - last < event.minIntervalMs) return
    this.#pulsedAt.set(key, now)
    const kind = this.device.points.find(({ id }) => id === event.point)?.kind
    if (kind === 'bool') this.#change({ ...event, holdMs: event.holdMs ?? pulseMs }, seenAt)
    else this.#report(event.point, event.value, { t: seenAt, quality: event.quality })
  }

  #change({ point, value, quality, instance, holdMs }: DecodedEvent, seenAt: number): void {
    const state = this.#stateOf(point)
    if (typeof value !== 'boolean') {
      this.#report(point, value, { t: seenAt, quality })
      return
    }
    if (value) state.on.set(instance, holdMs === undefined ? forever : this.#host.clock.monotonic() + holdMs)
    else state.on.delete(instance)
    this.#report(point, state.on.size > 0, { t: seenAt, quality })
  }

  /** One sleeper per device: it wakes for the next state that falls back, until there is none. */
  #waitForHolds(signal: AbortSignal): void {
    if (this.#isWaiting || this.#nextFall() === forever) return
    this.#isWaiting = true
    const { clock, log } = this.#host
    const wait = async (): Promise<void> => {
      for (let next = this.#nextFall(); next !== forever && !signal.aborted; next = this.#nextFall()) {
        await clock.sleep(Math.max(1, next - clock.monotonic()), signal)
        if (!signal.aborted) this.#fallBack()
      }
      this.#isWaiting = false
    }
    wait().catch((error: unknown) => log.error({ err: error, device: this.device.id }, 'hold failed'))
  }

  #nextFall(): number {
    return Math.min(forever, ...[...this.#states.values()].flatMap(({ on }) => [...on.values()]))
  }

  #fallBack(): void {
    const now = this.#host.clock.monotonic()
    for (const [point, { on }] of this.#states) {
      const over = [...on].filter(([, until]) => until <= now)
      for (const [instance] of over) {
        on.delete(instance)
        this.#fallen.add(`${point} ${instance}`)
      }
      if (over.length > 0 && on.size === 0) {
        this.#report(point, false, { t: this.#host.clock.now(), quality: good })
      }
    }
  }

  /** What only tells the present state is true now, whatever time it names. */
  #timeOf({ utcTime, operation }: OnvifMessage, offsetMs: number): number {
    const now = this.#host.clock.now()
    if (operation === 'Initialized' || this.device.address.quirks.includes('no_device_time')) return now
    const said = Date.parse(utcTime ?? '') - offsetMs
    return Math.abs(said - now) <= believableMs ? Math.min(said, now) : now
  }

  #report(point: string, value: Value, { t, quality }: Pick<Reading, 't' | 'quality'>): void {
    const state = this.#stateOf(point)
    // Whole seconds of a camera must not make its next word older than the last one.
    const inOrder = Math.max(t, state.lastT)
    state.value = value
    state.lastT = inOrder
    this.#host.report([{ device: this.device.id, point, t: inOrder, value, quality }])
  }

  #reportWhere(concerns: (from: OnvifSource) => boolean, value: Value): void {
    const t = this.#host.clock.now()
    const readings = this.device.points
      .filter(({ from }) => from !== undefined && concerns(from))
      .map(({ id }) => ({ device: this.device.id, point: id, t, value, quality: good }))
    if (readings.length > 0) this.#host.report(readings)
  }

  #stateOf(point: string): State {
    const known = this.#states.get(point)
    if (known !== undefined) return known
    const fresh: State = { value: null, on: new Map(), lastT: Number.NEGATIVE_INFINITY }
    this.#states.set(point, fresh)
    return fresh
  }
}

/** Online and the events channel are known also, and above all, when the camera is not there. */
function isAboutUs(from: OnvifSource): boolean {
  return 'derived' in from && (from.derived === 'availability' || from.derived === 'events')
}
