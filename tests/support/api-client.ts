import type { Alarm, AlarmList } from '#contract/api/alarms.ts'
import type { Device, DeviceList } from '#contract/api/devices.ts'
import type { Gateway, GatewayList } from '#contract/api/gateways.ts'
import type { Ready } from '#contract/api/health.ts'
import type { Ledger } from '#contract/api/ledger.ts'
import type { SessionCreated } from '#contract/api/session.ts'
import type { Telemetry, TelemetrySample } from '#contract/api/telemetry.ts'

export type TimeRange = { readonly from: number; readonly to: number }

const page = 50_000

/** The HTTP API as a script outside this repository would use it. */
export class ApiClient {
  readonly origin: string
  #token: string | undefined

  constructor(origin: string) {
    this.origin = origin
  }

  async login(username: string, password: string): Promise<SessionCreated> {
    const session = await this.call<SessionCreated>('/api/v1/session', {
      method: 'POST',
      body: JSON.stringify({ username, password }),
    })
    this.#token = session.token
    return session
  }

  get token(): string {
    if (this.#token === undefined) throw new Error('log in first')
    return this.#token
  }

  async gateways(): Promise<readonly Gateway[]> {
    return (await this.call<GatewayList>('/api/v1/gateways?limit=500')).items
  }

  async devices(): Promise<readonly Device[]> {
    return (await this.call<DeviceList>('/api/v1/devices?limit=500')).items
  }

  async alarms(): Promise<readonly Alarm[]> {
    return (await this.call<AlarmList>('/api/v1/alarms?state=all&limit=500')).items
  }

  ledger(gateway: string): Promise<Ledger> {
    return this.call<Ledger>(`/api/v1/gateways/${gateway}/ledger`)
  }

  ready(): Promise<Ready> {
    return this.call<Ready>('/ready')
  }

  /** Every raw sample of one point, page by page, oldest first. */
  async samples(point: string, range: TimeRange): Promise<readonly TelemetrySample[]> {
    const samples: TelemetrySample[] = []
    for (let from = range.from; ; ) {
      const query = new URLSearchParams({
        point,
        from: `${from}`,
        to: `${range.to}`,
        agg: 'raw',
        limit: `${page}`,
      })
      const answer = await this.call<Telemetry>(`/api/v1/telemetry?${query}`)
      const series = answer.points[0]
      samples.push(...(series?.samples ?? []))
      const last = series?.samples.at(-1)
      if (series?.truncated !== true || last === undefined) return samples
      from = last[0] + 1
    }
  }

  async call<T>(path: string, init: RequestInit = {}): Promise<T> {
    const response = await fetch(`${this.origin}${path}`, {
      signal: AbortSignal.timeout(20_000),
      ...init,
      headers: {
        ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
        ...init.headers,
      },
    })
    const text = await response.text()
    if (!response.ok)
      throw new Error(`${init.method ?? 'GET'} ${path}: ${response.status} ${text.slice(0, 5_000)}`)
    return JSON.parse(text) as T
  }
}
