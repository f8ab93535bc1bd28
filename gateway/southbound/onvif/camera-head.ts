import type { OnvifDevice } from '#gateway/profiles/device.ts'
import type { Clock } from '#lib/clock.ts'
import type { CameraClient, MoveSpeed } from './camera-client.ts'
import { CameraError } from './camera-error.ts'

/** Words of `ptz.move`. */
export const moves: Readonly<Record<string, MoveSpeed>> = {
  left: { x: -0.5, y: 0, zoom: 0 },
  right: { x: 0.5, y: 0, zoom: 0 },
  up: { x: 0, y: 0.5, zoom: 0 },
  down: { x: 0, y: -0.5, zoom: 0 },
  zoom_in: { x: 0, y: 0, zoom: 0.5 },
  zoom_out: { x: 0, y: 0, zoom: -0.5 },
}

const retryMs = 250

/**
 * The moving head of one device. Whatever starts it moving also stops it: the camera is told a time limit, and a stop is
 * sent when it is over, because many cameras ignore the limit.
 */
export class CameraHead {
  readonly #device: OnvifDevice
  readonly #clock: Clock
  #moving: AbortController | undefined

  constructor(device: OnvifDevice, clock: Clock) {
    this.#device = device
    this.#clock = clock
  }

  async home(client: CameraClient, profile: string): Promise<void> {
    if (!this.#allowed().home) throw this.#refused('the profile allows no home position')
    this.#moving?.abort()
    await client.gotoHome(profile)
  }

  /** A preset's token, or its name. */
  async goto(client: CameraClient, profile: string, wanted: string): Promise<void> {
    if (!this.#allowed().goto) throw this.#refused('the profile allows no presets')
    this.#moving?.abort()
    const presets = await client.presets(profile)
    const named = [...presets].find(([, name]) => name === wanted)?.[0]
    const token = presets.has(wanted) ? wanted : named
    if (token === undefined) {
      const known = [...presets].map(([one, name]) => (name === '' ? one : `${one} (${name})`)).join(', ')
      throw this.#refused(`no preset ${wanted}; there are ${known || 'none'}`)
    }
    await client.gotoPreset(profile, token)
  }

  async stop(client: CameraClient, profile: string): Promise<void> {
    this.#moving?.abort()
    this.#moving = undefined
    await client.stop(profile)
  }

  /** The connection ends: what still moves is stopped while the camera can be told. Never rejects. */
  async halt(client: CameraClient, profile: string | undefined): Promise<void> {
    if (this.#moving === undefined || profile === undefined) return
    await this.stop(client, profile).catch(() => undefined)
  }

  /** Resolves when the head moves; it stops by itself after the profile's limit. */
  async move(client: CameraClient, profile: string, word: string): Promise<void> {
    const { continuousMaxS } = this.#allowed()
    const speed = moves[word]
    if (speed === undefined) throw this.#refused(`no move ${word}`)
    this.#moving?.abort()
    const moving = new AbortController()
    this.#moving = moving
    const startedAt = this.#clock.monotonic()
    try {
      await client.move(profile, speed, continuousMaxS * 1000)
    } finally {
      // Also after an error: the request may have arrived.
      const leftMs = continuousMaxS * 1000 - (this.#clock.monotonic() - startedAt)
      void this.#stopLater(client, profile, { leftMs, moving }) // never rejects
    }
  }

  async #stopLater(
    client: CameraClient,
    profile: string,
    { leftMs, moving }: { leftMs: number; moving: AbortController },
  ): Promise<void> {
    await this.#clock.sleep(Math.max(0, leftMs), moving.signal)
    for (let attempt = 0; attempt < 3 && !moving.signal.aborted; attempt++) {
      const stopped = await client.stop(profile).then(
        () => true,
        () => false,
      )
      if (stopped) {
        if (this.#moving === moving) this.#moving = undefined
        return
      }
      await this.#clock.sleep(retryMs, moving.signal)
    }
  }

  #allowed() {
    const { ptz } = this.#device.address
    if (ptz === undefined) throw this.#refused('the profile knows no moving head')
    return ptz
  }

  #refused(why: string): CameraError {
    return new CameraError('fault', `${this.#device.id}: ${why}`)
  }
}
