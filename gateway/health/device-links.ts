import type { DeviceHealth, DevicesHealth } from './health.ts'

type Link = { readonly state: 'up' | 'down'; readonly at: number; readonly reason?: string }

/** Which devices are up, for health, metrics and the status that the cloud gets. */
export class DeviceLinks {
  #devices: readonly string[] = []
  readonly #links = new Map<string, Link>()

  /** These devices are there from now on; what is known of the others is forgotten. */
  use(devices: readonly string[]): void {
    this.#devices = devices
    for (const id of this.#links.keys()) if (!devices.includes(id)) this.#links.delete(id)
  }

  set(device: string, link: Link): void {
    this.#links.set(device, link)
  }

  get(device: string): Link | undefined {
    return this.#links.get(device)
  }

  counts(): Omit<DevicesHealth, 'notUp'> {
    let up = 0
    for (const { state } of this.#links.values()) if (state === 'up') up++
    return { total: this.#devices.length, up, down: this.#links.size - up }
  }

  summary(): DevicesHealth {
    const notUp = this.#devices.filter((id) => this.#links.get(id)?.state !== 'up')
    return { ...this.counts(), notUp: notUp.map((id) => healthOf(id, this.#links.get(id))) }
  }
}

function healthOf(id: string, link: Link | undefined): DeviceHealth {
  if (link === undefined) return { id, link: 'unknown' }
  const { state, at, reason } = link
  return { id, link: state, since: new Date(at).toISOString(), ...(reason === undefined ? {} : { reason }) }
}
