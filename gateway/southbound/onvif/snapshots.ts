import type { OnvifDevice } from '#gateway/profiles/device.ts'
import type { Clock } from '#lib/clock.ts'
import { originOf, snapshotAddresses, usableAddress } from './addresses.ts'
import type { CameraClient } from './camera-client.ts'
import { CameraError } from './camera-error.ts'
import type { Credentials } from './digest.ts'
import { shown } from './http-exchange.ts'

export type Snapshot = { readonly jpeg: Uint8Array; readonly at: number }

const maxBytes = 8 * 1024 * 1024
/** A refused password is not sent again for this long, however many people look: cameras lock accounts. */
const refusedMs = 300_000

export type SnapshotContext = {
  readonly client: CameraClient
  readonly device: OnvifDevice
  readonly credentials: Credentials
  /** Token of the profile whose picture is wanted. */
  readonly profileToken: string | undefined
  readonly signal: AbortSignal
}

/**
 * Pictures of one device: at most one request at a time and not more often than the profile allows; who asks sooner gets
 * the last one with its time. The way that worked is tried first the next time.
 */
export class Snapshots {
  readonly #clock: Clock
  #last: (Snapshot & { readonly takenAt: number }) | undefined
  #running: Promise<Snapshot> | undefined
  #works: string | undefined
  #refused: { readonly error: CameraError; readonly until: number } | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  take(context: SnapshotContext): Promise<Snapshot> {
    const { maxRateMs } = context.device.address.snapshot
    if (this.#last !== undefined && this.#clock.monotonic() - this.#last.takenAt < maxRateMs) {
      const { jpeg, at } = this.#last
      return Promise.resolve({ jpeg, at })
    }
    if (this.#refused !== undefined && this.#clock.monotonic() < this.#refused.until) {
      return Promise.reject(this.#refused.error)
    }
    this.#running ??= this.#fetch(context).finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #fetch(context: SnapshotContext): Promise<Snapshot> {
    const reasons: string[] = []
    for (const address of await this.#candidates(context, reasons)) {
      try {
        const jpeg = await fetchJpeg(address, context)
        const at = this.#clock.now()
        this.#works = address.href
        this.#last = { jpeg, at, takenAt: this.#clock.monotonic() }
        return { jpeg, at }
      } catch (error) {
        if (!(error instanceof CameraError) || context.signal.aborted) throw error
        // The next address would be asked with the same password: that is how accounts get locked.
        if (error.failure === 'credentials') {
          this.#refused = { error, until: this.#clock.monotonic() + refusedMs }
          throw error
        }
        reasons.push(error.message)
      }
    }
    const why = reasons.length === 0 ? 'the profile names no way to a picture' : reasons.join('; ')
    throw new CameraError('fault', `${context.device.id}: no picture (${why})`)
  }

  async #candidates(context: SnapshotContext, reasons: string[]): Promise<readonly URL[]> {
    const { client, device } = context
    const { order, httpPaths, rewriteHost } = device.address.snapshot
    const all: URL[] = []
    for (const way of order) {
      if (way === 'onvif') all.push(...(await advertised(context, rewriteHost, reasons)))
      if (way === 'http') {
        for (const path of httpPaths)
          all.push(usableAddress(path, client.place, 'device') ?? originOf(client.place))
      }
      if (way === 'rtsp_frame') reasons.push('a frame of the stream is not taken by this version')
    }
    return all.toSorted((a, b) => Number(b.href === this.#works) - Number(a.href === this.#works))
  }
}

async function advertised(
  { client, profileToken }: SnapshotContext,
  rewriteHost: boolean,
  reasons: string[],
): Promise<readonly URL[]> {
  if (profileToken === undefined) {
    reasons.push('the camera lists no media profile')
    return []
  }
  try {
    return snapshotAddresses(await client.snapshotText(profileToken), client.place, rewriteHost)
  } catch (error) {
    if (!(error instanceof CameraError) || error.failure === 'credentials') throw error
    reasons.push(error.message)
    return []
  }
}

async function fetchJpeg(url: URL, { client, device, credentials, signal }: SnapshotContext) {
  const { timeoutMs } = device.address.snapshot
  const answer = await client.http.run({ url, method: 'GET', timeoutMs, maxBytes, signal, credentials })
  if (answer.status !== 200) throw new CameraError('fault', `${shown(url)}: HTTP ${answer.status}`)
  const { body } = answer
  if (body[0] !== 0xff || body[1] !== 0xd8) throw new CameraError('garbage', `${shown(url)}: no JPEG`)
  return body
}
