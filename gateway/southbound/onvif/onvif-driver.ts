import type { DeviceErrorKind } from '#contract/device-errors.ts'
import { AppError } from '#contract/errors.ts'
import type { Value } from '#contract/sample.ts'
import type { Device, OnvifDevice } from '#gateway/profiles/device.ts'
import { type Backoff, backoffMs } from '#lib/backoff.ts'
import { RateLimit } from '#lib/rate-limit.ts'
import type { Driver, DriverHost, Probed, Written } from '../driver.ts'
import { LinkState } from '../link-state.ts'
import { ReadbackWaiters } from '../readback-waiters.ts'
import type { CameraInformation, MediaProfile } from './camera-client.ts'
import { CameraError, type CameraFailure } from './camera-error.ts'
import { CameraHead } from './camera-head.ts'
import { CameraPoints } from './camera-points.ts'
import { type CameraSession, openSession } from './camera-session.ts'
import type { OnvifMessage } from './decode-event.ts'
import type { Credentials } from './digest.ts'
import { EventStream, freshMemory } from './event-stream.ts'
import { machineOf } from './machine.ts'
import { probeCamera } from './probe-camera.ts'
import { type Snapshot, Snapshots } from './snapshots.ts'
import { callOf, makeCall } from './write-target.ts'

/** Cameras lock an account after about five failures, for five minutes to half an hour: never sooner than five minutes. */
const credentialsBackoff: Backoff = { firstMs: 430_000, maxMs: 430_000 }
const patientBackoff: Backoff = { firstMs: 430_000, maxMs: 2_600_000 }
const housekeepingMs = 60_000
const defaultSilenceMs = 600_000
/** The driver allows for the difference; recordings and pictures carry the camera's own time all the same. */
const clockSlackMs = 30_000

const kinds: Readonly<Record<CameraFailure, DeviceErrorKind>> = {
  credentials: 'login_refused',
  unreachable: 'no_answer',
  timeout: 'no_answer',
  fault: 'refused',
  garbage: 'not_onvif',
}

export type OnvifDriverOptions = {
  /** For all devices of the driver: they are one camera, or the channels of one recorder. */
  readonly credentials: Credentials
}

type Served = {
  readonly device: OnvifDevice
  readonly points: CameraPoints
  readonly link: LinkState
  readonly head: CameraHead
  readonly snapshots: Snapshots
}

/**
 * One camera, or one recorder with its channels: one login, one event subscription. It owns its back-off, because a wrong
 * password must not be tried as often as a cable that is out: the runner's restarts are for bugs alone.
 */
export class OnvifDriver implements Driver {
  readonly #credentials: Credentials
  readonly #host: DriverHost
  readonly #served: readonly Served[]
  readonly #memory = freshMemory()
  readonly #waiters: ReadbackWaiters
  readonly #logged = new RateLimit(60_000, 20)
  #session: CameraSession | undefined
  #eventsOk: boolean | undefined
  #refusedUntil = Number.NEGATIVE_INFINITY

  constructor({ credentials }: OnvifDriverOptions, host: DriverHost) {
    this.#credentials = credentials
    this.#host = host
    this.#waiters = new ReadbackWaiters(host.clock)
    this.#served = host.devices
      .filter((device): device is OnvifDevice => device.protocol === 'onvif')
      .map((device) => ({
        device,
        points: new CameraPoints(device, host),
        link: new LinkState(device, (state, reason) => this.#linkChanged(device, state, reason)),
        head: new CameraHead(device, host.clock),
        snapshots: new Snapshots(host.clock),
      }))
  }

  /** What the camera said of itself; `undefined` while there is no connection. */
  get camera(): (CameraInformation & { readonly profiles: readonly MediaProfile[] }) | undefined {
    const session = this.#session
    return session === undefined ? undefined : { ...session.information, profiles: session.profiles }
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#host
    const tries: Tries = { failures: 0, refusals: 0 }
    while (!signal.aborted) {
      const startedAt = clock.monotonic()
      const error = await this.#serve(signal)
      if (signal.aborted) return
      if (!(error instanceof CameraError)) throw this.#ownFault(error)
      if (clock.monotonic() - startedAt > housekeepingMs) Object.assign(tries, { failures: 0, refusals: 0 })
      const waitMs = this.#waitAfter(error, tries)
      this.#failed(error, waitMs)
      await clock.sleep(waitMs, signal)
    }
  }

  async write(
    target: { device: string; point: string },
    value: Value,
    signal: AbortSignal,
  ): Promise<Written> {
    const name = `${target.device}/${target.point}`
    const served = this.#find(target.device)
    const point = served?.device.points.find(({ id }) => id === target.point)
    if (served === undefined || point === undefined)
      throw new AppError('POINT_UNKNOWN', `${name}: no such point`)
    if (point.write === undefined) throw new AppError('POINT_NOT_WRITABLE', `${name} cannot be written`)
    if (value === null) throw new AppError('VALUE_OUT_OF_RANGE', `${name}: no value to write`)
    const call = callOf(point, value)
    if (!call.ok) throw new AppError('VALUE_OUT_OF_RANGE', call.reason)
    const session = this.#sessionFor(served, name)
    const readback = point.write.readback
    using waiter =
      readback === undefined
        ? undefined
        : this.#waiters.start(`${target.device}/${readback.point}`, { wanted: value, ...readback }, signal)
    const shown = await makeCall(call, { session, ...served })
    if (shown !== undefined) {
      served.points.brightness(shown)
      this.#waiters.seen(name, shown)
    }
    return waiter === undefined ? {} : await waiter.outcome
  }

  /** A picture as it is now, or the last one where that is younger than the profile's limit. */
  async snapshot(device: string, signal: AbortSignal): Promise<Snapshot> {
    const served = this.#find(device)
    if (served === undefined) throw new AppError('POINT_UNKNOWN', `no camera ${device}`)
    const session = this.#sessionFor(served, device)
    const credentials = this.#credentials
    return await served.snapshots.take({
      ...{ client: session.client, device: served.device, credentials },
      profileToken: session.streamsOf(served.device).main?.token,
      signal,
    })
  }

  /** Where the main and the sub stream are; never with a user name or a password. */
  async streams(device: string): Promise<{ readonly main?: URL; readonly sub?: URL }> {
    const served = this.#find(device)
    if (served === undefined) throw new AppError('POINT_UNKNOWN', `no camera ${device}`)
    const session = this.#sessionFor(served, device)
    const { main, sub } = session.streamsOf(served.device)
    const [mainUrl, subUrl] = await Promise.all(
      [main, sub].map((one) => (one === undefined ? undefined : session.client.streamAddress(one.token))),
    )
    return {
      ...(mainUrl === undefined ? {} : { main: mainUrl }),
      ...(subUrl === undefined ? {} : { sub: subUrl }),
    }
  }

  /** Logs in once with the credentials of this driver, at the address of the device that is asked about. */
  async probe(device: Device, signal: AbortSignal): Promise<Probed> {
    if (device.protocol !== 'onvif') throw new AppError('BAD_REQUEST', `${device.id} is no camera`)
    return await probeCamera(device, { credentials: this.#credentials, clock: this.#host.clock, signal })
  }

  /** Never rejects; gives why it ended. */
  async #serve(signal: AbortSignal): Promise<unknown> {
    const [first] = this.#served
    if (first === undefined) return await untilOver(signal)
    const over = new AbortController()
    const stop = () => over.abort()
    signal.addEventListener('abort', stop, { once: true })
    try {
      await using session = await openSession(first.device, {
        ...{ credentials: this.#credentials, clock: this.#host.clock, signal: over.signal },
      })
      this.#session = session
      this.#connected(session)
      const works = [this.#listen(session, over.signal), this.#keepHouse(session, over.signal)]
      try {
        await Promise.race(works)
      } finally {
        over.abort()
        await Promise.allSettled(works)
        const main = (device: OnvifDevice) => session.streamsOf(device).main?.token
        await Promise.all(this.#served.map(({ device, head }) => head.halt(session.client, main(device))))
      }
      return new CameraError('unreachable', 'the connection ended')
    } catch (error) {
      return error
    } finally {
      over.abort()
      this.#session = undefined
      signal.removeEventListener('abort', stop)
    }
  }

  #connected({ information, place, client }: CameraSession): void {
    const { manufacturer, model, firmware } = information
    this.#host.log.info(
      { ...{ manufacturer, model, firmware, port: place.port }, clockOffsetMs: client.clockOffsetMs },
      'camera connected',
    )
    const machine = machineOf(information)
    for (const { device, link } of this.#served) {
      link.succeeded()
      this.#host.machine?.(device.id, machine)
    }
    this.#tellClock(client.clockOffsetMs)
  }

  /** Ends with the session; a camera without events only keeps house. */
  async #listen(session: CameraSession, signal: AbortSignal): Promise<void> {
    const [first] = this.#served
    const { clock } = this.#host
    if (first === undefined || first.device.address.events.length === 0) return await untilOver(signal)
    if (!session.client.has('events')) {
      this.#eventsLost('the camera has no event service')
      return await untilOver(signal)
    }
    const { subscription, quirks } = first.device.address
    const stream = new EventStream({
      ...{ client: session.client, clock, memory: this.#memory },
      rules: {
        ...subscription,
        holdsPulls: quirks.includes('ignore_pull_timeout'),
        heartbeatMs: (first.device.silenceMs ?? defaultSilenceMs) / 2,
      },
      onMessages: (messages) => this.#take(messages, session, signal),
      onAlive: () => this.#eventsAlive(),
      onLost: (reason) => this.#eventsLost(reason),
    })
    await stream.run(signal)
  }

  async #keepHouse(session: CameraSession, signal: AbortSignal): Promise<void> {
    const { clock } = this.#host
    const { client } = session
    while (!signal.aborted) {
      for (const { device, points } of this.#served) {
        if (!device.points.some(({ from }) => from !== undefined && 'imaging' in from)) continue
        const value = await session.brightnessOf(device).catch(() => undefined)
        if (value !== undefined) points.brightness(value)
      }
      await clock.sleep(housekeepingMs, signal)
      if (signal.aborted) return
      this.#tellClock(await client.measureClock())
      this.#confirm()
    }
  }

  /** Said again while it stays so: a value of yesterday looks like nobody had looked since. */
  #confirm(): void {
    for (const { link, points } of this.#served) {
      link.succeeded()
      points.derived('availability', true)
      if (this.#eventsOk !== undefined) points.derived('events', this.#eventsOk)
    }
  }

  #take(messages: readonly OnvifMessage[], session: CameraSession, signal: AbortSignal): void {
    const offsetMs = session.client.clockOffsetMs
    for (const { device, points } of this.#served) {
      const tokens = session.tokens
      for (const message of messages) {
        points.take(message, {
          tokens,
          offsetMs,
          signal,
          seen: (point, value) => this.#waiters.seen(`${device.id}/${point}`, value),
        })
      }
    }
  }

  #eventsAlive(): void {
    for (const { link } of this.#served) link.succeeded()
    if (this.#eventsOk === true) return
    if (this.#eventsOk === false) this.#host.log.info('camera events are back')
    this.#eventsOk = true
    for (const { points } of this.#served) points.derived('events', true)
  }

  #eventsLost(reason: string): void {
    if (this.#eventsOk === false) return
    this.#eventsOk = false
    this.#host.log.warn({ reason }, 'camera events lost')
    // Of a camera that is gone as a whole that is told.
    if (this.#session !== undefined) this.#tell('events_lost', reason)
    for (const { points } of this.#served) {
      points.derived('events', false)
      points.stale()
    }
  }

  #failed(error: CameraError, waitMs: number): void {
    const { clock, log } = this.#host
    const isRefused = error.failure === 'credentials'
    const wait = `next attempt in ${Math.round(waitMs / 1000)} s`
    const reason = isRefused
      ? `${error.message}; ${wait}, because cameras lock an account after a few failures`
      : error.message
    if (isRefused) this.#refusedUntil = clock.monotonic() + waitMs
    this.#tell(kinds[error.failure], reason)
    const repeated = this.#logged.pass(error.message, clock.monotonic())
    if (repeated !== undefined) log.warn({ reason, waitMs, repeated }, 'camera not served')
    for (const { link } of this.#served) {
      if (isRefused) link.cut(reason)
      else link.failed(reason)
    }
  }

  #linkChanged(device: OnvifDevice, state: 'up' | 'down', reason?: string): void {
    this.#host.link(device.id, state, reason)
    const served = this.#find(device.id)
    served?.points.derived('availability', state === 'up')
    if (state === 'up') return
    this.#eventsLost(reason ?? 'the camera is not there')
    served?.points.fail()
  }

  #tellClock(offsetMs: number): void {
    for (const { points } of this.#served) points.derived('clock_offset', Math.round(offsetMs / 100) / 10)
    if (Math.abs(offsetMs) < clockSlackMs) return
    const seconds = Math.round(Math.abs(offsetMs) / 1000)
    this.#tell('clock_wrong', `its clock is ${seconds} s ${offsetMs > 0 ? 'ahead' : 'behind'}`)
  }

  #tell(kind: DeviceErrorKind, text: string): void {
    for (const { device } of this.#served) {
      this.#host.trouble(device.id, { kind, place: device.address.host, text })
    }
  }

  #sessionFor({ link }: Served, name: string): CameraSession {
    if (this.#session !== undefined) return this.#session
    const refused = this.#host.clock.monotonic() < this.#refusedUntil
    throw new AppError(
      'LINK_DOWN',
      refused || link.state !== 'down'
        ? `${name}: not connected${refused ? '; the camera refuses the password' : ' yet'}`
        : `${name}: the camera is not there`,
    )
  }

  #find(id: string): Served | undefined {
    return this.#served?.find(({ device }) => device.id === id)
  }

  #waitAfter({ failure }: CameraError, tries: Tries): number {
    const [first] = this.#served
    if (failure === 'credentials') {
      const patient = this.#served.some(({ device }) => device.address.quirks.includes('lockout_backoff'))
      return backoffMs(tries.refusals++, patient ? patientBackoff : credentialsBackoff)
    }
    tries.refusals = 0
    const [firstMs = 1_000, maxMs = 60_000] = first?.device.address.subscription.restartBackoffMs ?? []
    return backoffMs(tries.failures++, { firstMs, maxMs })
  }

  /** A bug: the runner logs it and starts again; whoever looks at the device sees that it is not served. */
  #ownFault(error: unknown): unknown {
    for (const { link } of this.#served) link.failed('an error of the gateway itself; its log tells which')
    return error
  }
}

/** In a row, since the camera was last served well. */
type Tries = { failures: number; refusals: number }

function untilOver(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
