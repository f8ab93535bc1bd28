import type { DeviceRef, Probe, ProfileList, ProposalList, Scan } from '#contract/api/commissioning.ts'
import type { DeviceDraft, DraftProblem } from '#contract/request.ts'
import type { Campus } from './test-campus.ts'
import { waitFor } from './wait-for.ts'

export type Refusal = {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly details?: readonly DraftProblem[]
}

/** Commissioning over the API, as a script outside of this repository would do it. */
export class CommissioningClient {
  readonly #campus: Campus
  readonly #root: string

  constructor(campus: Campus) {
    this.#campus = campus
    this.#root = `/api/v1/gateways/${campus.gatewayId}`
  }

  profiles(): Promise<ProfileList> {
    return this.#call('GET', '/profiles')
  }

  proposals(): Promise<ProposalList> {
    return this.#call('GET', '/proposals')
  }

  startScan(bus: string, first: number, last: number): Promise<Scan> {
    return this.#call('POST', '/scan', { bus, first, last })
  }

  scan(id: string): Promise<Scan> {
    return this.#call('GET', `/scans/${id}`)
  }

  cancel(id: string): Promise<Scan> {
    return this.#call('DELETE', `/scans/${id}`)
  }

  async ended(id: string): Promise<Scan> {
    return await waitFor(
      async () => {
        const scan = await this.scan(id)
        if (scan.state === 'running') throw new Error(`still running: ${scan.done} of ${scan.total}`)
        return scan
      },
      { timeoutMs: 60_000, everyMs: 100 },
    )
  }

  probe(device: DeviceDraft): Promise<Probe> {
    return this.#call('POST', '/probe', { device })
  }

  add(device: DeviceDraft): Promise<DeviceRef> {
    return this.#call('POST', '/devices', { device })
  }

  update(device: string, changes: object): Promise<DeviceRef> {
    return this.#call('PATCH', `/devices/${device}`, changes)
  }

  remove(device: string): Promise<DeviceRef> {
    return this.#call('DELETE', `/devices/${device}`)
  }

  /** What the API said to something that cannot be done. */
  async refusal(asked: Promise<unknown>): Promise<Refusal> {
    try {
      await asked
    } catch (error) {
      if (error instanceof RefusedError) return error.refusal
      throw error
    }
    throw new Error('it was not refused')
  }

  async #call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const { origin, token } = this.#campus.cloud.api
    const response = await fetch(`${origin}${this.#root}${path}`, {
      method,
      signal: AbortSignal.timeout(60_000),
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const answer: unknown = await response.json()
    if (!response.ok)
      throw new RefusedError({ status: response.status, ...(answer as Omit<Refusal, 'status'>) })
    return answer as T
  }
}

class RefusedError extends Error {
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(`${refusal.status} ${refusal.code}: ${refusal.message}`)
    this.refusal = refusal
  }
}
