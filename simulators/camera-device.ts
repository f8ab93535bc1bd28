import type { Value } from '#contract/sample.ts'
import type { OnvifDevice, OnvifEvent, OnvifPoint } from '#gateway/profiles/device.ts'
import type { Clock } from '#lib/clock.ts'
import type { Faults } from './faults.ts'
import { toRaw } from './inverse.ts'
import { CameraSimulator } from './onvif/camera-simulator.ts'
import type { CameraTraits } from './onvif/camera-state.ts'
import type { SimulatedPoints } from './simulated-points.ts'

export type SimulatedCameraOptions = {
  readonly device: OnvifDevice
  readonly points: SimulatedPoints
  readonly faults: Faults
  readonly clock: Clock
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly username: string
  readonly password: string
}

const lookMs = 1000

/** A camera filled from its profile: what its points are worth is told by the events that the profile knows. */
export class SimulatedCameraDevice implements AsyncDisposable {
  readonly camera: CameraSimulator
  readonly #options: SimulatedCameraOptions
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  readonly #told = new Map<string, Value>()

  private constructor(options: SimulatedCameraOptions, camera: CameraSimulator) {
    this.#options = options
    this.camera = camera
    this.#running = this.#run()
  }

  static async start(options: SimulatedCameraOptions): Promise<SimulatedCameraDevice> {
    const { device, host, port, username, password } = options
    const { auth } = device.address
    const login = { username, password, auth }
    const camera = await CameraSimulator.start({ host, port, ...login, traits: traitsOf(device) })
    return new SimulatedCameraDevice(options, camera)
  }

  /** Tells everything that has changed. */
  publishNow(): void {
    const { points, clock, device } = this.#options
    points.advance(clock.now())
    for (const point of device.points) {
      const value = points.value(point.id)
      if (value === this.#told.get(point.id) || value === null) continue
      this.#told.set(point.id, value)
      if (point.kind !== 'event') this.#tell(point, value)
      else if (value === true) this.happen(point.id, true)
    }
  }

  /** Something happens and is over. False when this is no event of the camera. */
  happen(id: string, value: Value): boolean {
    const point = this.#options.device.points.find((one) => one.id === id)
    if (point?.kind !== 'event') return false
    this.#tell(point, value)
    return true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
    await this.camera[Symbol.asyncDispose]()
  }

  async #run(): Promise<void> {
    const { clock } = this.#options
    while (!this.#stop.signal.aborted) {
      await clock.sleep(lookMs, this.#stop.signal)
      if (this.#stop.signal.aborted) return
      this.#applyFaults()
      this.takeOver()
      this.publishNow()
    }
  }

  #applyFaults(): void {
    const { faults, clock } = this.#options
    const now = clock.now()
    const isOffline = faults.hit('offline', now) !== undefined
    if (isOffline !== this.camera.faults.offline) this.camera.setOffline(isOffline)
    this.camera.faults.silentEvents = faults.hit('silent', now) !== undefined
    this.camera.faults.garbage = faults.hit('garbage', now) !== undefined
    this.camera.faults.clockOffsetMs = faults.hit('clock-skew', now)?.ms ?? 0
  }

  /** The points show what a client has set at the camera. */
  takeOver(): void {
    const { points, device, clock } = this.#options
    for (const { id, write } of device.points) {
      const value = write === undefined ? undefined : this.#stateOf(write.to)
      if (value === undefined || value === points.value(id)) continue
      this.#told.set(id, value)
      points.write(id, value, clock.now())
    }
  }

  #stateOf(to: NonNullable<OnvifPoint['write']>['to']): Value | undefined {
    const { state } = this.camera
    if ('imaging' in to) return state.brightness
    if ('output' in to) return state.relays.get(relayToken(to.output))
    if (to.ptz === 'move') return state.moving === undefined ? 'stop' : directionOf(state.moving.velocity)
    const { x, y, zoom } = state.position
    return [...state.presets.values()].find(({ at }) => at.x === x && at.y === y && at.zoom === zoom)?.name
  }

  #tell(point: OnvifPoint, value: Value): void {
    const { state } = this.camera
    const to = point.write?.to
    if (to !== undefined && 'imaging' in to) state.brightness = Number(value)
    if (to !== undefined && 'output' in to) state.relays.set(relayToken(to.output), value === true)
    const { device } = this.#options
    const event = device.address.events.find((one) => numberIn(one.point, point.id) !== undefined)
    if (event === undefined) return
    const raw = toRaw(value, point.steps) ?? ''
    this.camera.emit({
      topic: `tns1:${event.topic.map((segment) => (segment === '*' ? 'ImagingService' : segment)).join('/')}`,
      ...(event.mode === 'state' ? { operation: 'Changed' as const } : {}),
      source: { ...sourceOf(device, event, numberIn(event.point, point.id) ?? ''), ...event.source },
      data: { [event.data[0] ?? 'State']: wordOf(device, raw) },
    })
  }
}

function traitsOf({ address, points, vendor, model }: OnvifDevice): Partial<CameraTraits> {
  const { channel = 1, channels } = address
  const sources = Array.from({ length: channel }, (_, i) => sourceToken(channels.tokenMap, i + 1))
  const outputs = points.flatMap(({ write }) => {
    const to = write?.to
    return to !== undefined && 'output' in to ? [relayToken(to.output)] : []
  })
  return {
    manufacturer: vendor,
    model,
    sources,
    profiles: sources.flatMap((source, i) => [
      { token: `Profile_${2 * i + 1}`, source, width: 1920, height: 1080, encoding: 'H264' as const },
      { token: `Profile_${2 * i + 2}`, source, width: 640, height: 360, encoding: 'H264' as const },
    ]),
    relays: outputs,
    hasPtz: address.ptz !== undefined,
    hasSync: address.subscription.sync,
    ignoresPullTimeout: address.quirks.includes('ignore_pull_timeout'),
  }
}

/** The source of an event: the input or the output it is about, else the channel. */
function sourceOf(device: OnvifDevice, event: OnvifEvent, number: string): Record<string, string> {
  const { channels, channel = 1 } = device.address
  const item = event.sourceItems[0] ?? channels.sourceItems[0]
  if (item === undefined) return {}
  if (number === '') return { [item]: sourceToken(channels.tokenMap, channel) }
  return { [item]: event.point.startsWith('relay') ? relayToken(number) : `Input_${number}` }
}

function sourceToken(map: OnvifDevice['address']['channels']['tokenMap'], channel: number): string {
  const known = map === 'auto' ? undefined : map.find(([, number]) => number === channel)?.[0]
  return known ?? `VideoSource_${channel}`
}

function relayToken(output: string): string {
  return /^\d+$/.test(output) ? `RelayOutput_${output}` : output
}

/** `3` for `input.3` of `input.<source>`, an empty text for the point itself, `undefined` for any other. */
function numberIn(template: string, point: string): string | undefined {
  if (template === point) return ''
  const [start = '', end] = template.split('<source>')
  if (end === undefined || !point.startsWith(start) || !point.endsWith(end)) return undefined
  const number = point.slice(start.length, point.length - end.length)
  return /^\d+$/.test(number) ? number : undefined
}

function directionOf({
  x,
  y,
  zoom,
}: {
  readonly x: number
  readonly y: number
  readonly zoom: number
}): string {
  if (zoom !== 0) return zoom > 0 ? 'zoom_in' : 'zoom_out'
  if (x !== 0) return x > 0 ? 'right' : 'left'
  return y > 0 ? 'up' : 'down'
}

function wordOf({ address }: OnvifDevice, raw: Value): string {
  if (typeof raw === 'boolean') return (raw ? address.truth.yes : address.truth.no)[0] ?? String(raw)
  return String(raw)
}
