import type { GatewayConfiguration, Rollout, RolloutDraft } from '#contract/api/configuration.ts'
import type { ConfigContent, ConfigProblem } from '#contract/configuration.ts'
import type { ApiClient } from './api-client.ts'
import { waitFor } from './wait-for.ts'

export type Refusal = {
  readonly status: number
  readonly code: string
  readonly details: readonly ConfigProblem[]
}

/** Configuring gateways over the HTTP API, as a script would. */
export class ConfigClient {
  readonly #api: ApiClient
  readonly #path: string

  constructor(api: ApiClient, gateway: string) {
    this.#api = api
    this.#path = `/api/v1/gateways/${gateway}/config`
  }

  view(): Promise<GatewayConfiguration> {
    return this.#api.call(this.#path)
  }

  async put(content: ConfigContent, more: object = {}): Promise<GatewayConfiguration> {
    const { version } = await this.view()
    return await this.#send('PUT', this.#path, { baseVersion: version, content, ...more })
  }

  rollback(to: number): Promise<GatewayConfiguration> {
    return this.#send('POST', `${this.#path}/rollback`, { to })
  }

  /** Resolves when the newest version is in the state. */
  async is(state: GatewayConfiguration['state'], timeoutMs = 30_000): Promise<GatewayConfiguration> {
    return await waitFor(
      async () => {
        const view = await this.view()
        if (view.state !== state)
          throw new Error(`${view.state}, not ${state}: ${JSON.stringify(view.reported)}`)
        return view
      },
      { timeoutMs, everyMs: 100 },
    )
  }

  async refusal(work: Promise<unknown>): Promise<Refusal> {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason as Error,
    )
    const [, status, text] = /: (\d{3}) (\{.*)$/s.exec(error?.message ?? '') ?? []
    if (text === undefined) throw new Error(`not refused: ${error?.message}`)
    return { status: Number(status), ...(JSON.parse(text) as { code: string; details: ConfigProblem[] }) }
  }

  startRollout(draft: RolloutDraft): Promise<Rollout> {
    return this.#send('POST', '/api/v1/rollouts', draft)
  }

  rollout(id: string): Promise<Rollout> {
    return this.#api.call(`/api/v1/rollouts/${id}`)
  }

  act(id: string, action: 'pause' | 'resume' | 'abort'): Promise<Rollout> {
    return this.#send('POST', `/api/v1/rollouts/${id}/${action}`)
  }

  async #send<T>(method: string, path: string, body?: object): Promise<T> {
    return await this.#api.call<T>(path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  }
}
