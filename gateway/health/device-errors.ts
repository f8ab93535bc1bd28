import { type DeviceError, maxErrorsPerDevice, type Trouble } from '#contract/device-errors.ts'

/** Of all devices together: about a megabyte at the very most. */
const maxInTotal = 2_000

/** One kind at one place → what is known of it; the one that is longest ago first. */
type Own = Map<string, DeviceError>

/** The last errors of each device, in memory. Whoever meets one says so; it costs nothing where nothing goes wrong. */
export class DeviceErrors {
  readonly since: number
  readonly #devices = new Map<string, Own>()
  #total = 0

  constructor(since: number) {
    this.since = since
  }

  /** These devices are there from now on; what is known of the others is forgotten. */
  use(devices: readonly string[]): void {
    const there = new Set(devices)
    for (const [id, own] of this.#devices) {
      if (there.has(id)) continue
      this.#devices.delete(id)
      this.#total -= own.size
    }
  }

  add(device: string, { kind, place, text }: Trouble, now: number): void {
    const own = this.#devices.get(device) ?? new Map<string, DeviceError>()
    this.#devices.set(device, own)
    const shortPlace = place.slice(0, 200)
    const key = `${kind} ${shortPlace}`
    const before = own.get(key)
    if (own.delete(key)) this.#total--
    else if (own.size >= maxErrorsPerDevice) this.#forgetOldest(own)
    own.set(key, {
      ...{ kind, place: shortPlace, text: text.slice(0, 300) },
      ...{ count: (before?.count ?? 0) + 1, firstAt: before?.firstAt ?? now, lastAt: now },
    })
    this.#total++
    if (this.#total > maxInTotal) this.#forgetOldest(this.#quietest())
  }

  /** Newest first. */
  of(device: string): DeviceError[] {
    return [...(this.#devices.get(device)?.values() ?? [])].reverse()
  }

  #forgetOldest(own: Own): void {
    for (const key of own.keys()) {
      own.delete(key)
      this.#total--
      return
    }
  }

  /** The errors of the device whose oldest one is longest ago. */
  #quietest(): Own {
    let found: { readonly own: Own; readonly at: number } | undefined
    for (const own of this.#devices.values()) {
      for (const { lastAt } of own.values()) {
        if (found === undefined || lastAt < found.at) found = { own, at: lastAt }
        break
      }
    }
    return found?.own ?? new Map()
  }
}
