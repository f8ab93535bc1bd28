import { HttpError, InfluxDB, setLogger } from '@influxdata/influxdb-client'
import { AppError } from '#contract/errors.ts'
import { createDatabaseQuery } from './influxql.ts'

export type InfluxServerOptions = {
  /** `http://127.0.0.1:8086` */
  readonly url: string
  readonly database: string
  /** InfluxDB 1.x with users has a name and a password; 2.x and 3.x have a token. */
  readonly login?: { readonly token: string } | { readonly username: string; readonly password: string }
  readonly timeoutMs: number
}

/** One series of an answer of `/query`. */
export type ResultSeries = {
  readonly tags?: Readonly<Record<string, string>>
  readonly columns: readonly string[]
  readonly values: readonly (readonly unknown[])[]
}

type Answer = {
  readonly error?: string
  readonly results?: readonly { readonly error?: string; readonly series?: readonly ResultSeries[] }[]
}

/** What a request found wrong, in the server's words where it had some. */
class InfluxProblem extends Error {
  readonly status: number | undefined

  constructor(message: string, status?: number) {
    super(message)
    this.status = status
  }
}

const missing = /database not found|bucket .* not found|database .* does not exist/i

// The client prints failures of its own accord; ours are thrown and told once.
setLogger({ error: () => undefined, warn: () => undefined })

/** Writes and queries of one database, in the HTTP API that InfluxDB 1.x brought and 2.x and 3.x still serve. */
export class InfluxServer {
  readonly #options: InfluxServerOptions
  readonly #client: InfluxDB
  readonly #headers: Readonly<Record<string, string>>

  constructor(options: InfluxServerOptions) {
    this.#options = options
    this.#headers = authorization(options.login)
    this.#client = new InfluxDB({
      url: options.url,
      timeout: options.timeoutMs,
      headers: { ...this.#headers },
    })
  }

  /** Resolves when the server has committed every line. Throws AppError STORE_UNAVAILABLE. */
  async write(lines: readonly string[]): Promise<void> {
    await this.#withDatabase(() => this.#writeOnce(lines))
  }

  /** Throws AppError STORE_UNAVAILABLE, also for an error inside the answer. */
  async query(statement: string): Promise<readonly ResultSeries[]> {
    return await this.#withDatabase(() => this.#queryOnce(statement))
  }

  async #writeOnce(lines: readonly string[]): Promise<void> {
    // One flush of our own per request: what the client sends by itself fails where nobody sees it.
    const api = this.#client.getWriteApi('', '', 'ms', {
      batchSize: lines.length + 1,
      maxBatchBytes: Number.MAX_SAFE_INTEGER,
      flushInterval: 0,
      maxRetries: 0,
    })
    api.path = `/write?db=${encodeURIComponent(this.#options.database)}&precision=ms`
    api.writeRecords([...lines])
    try {
      await api.flush()
    } catch (error) {
      throw problemOf(error)
    } finally {
      api.dispose()
    }
  }

  async #queryOnce(statement: string): Promise<readonly ResultSeries[]> {
    const { url, database, timeoutMs } = this.#options
    let response: Response
    let answer: Answer
    try {
      response = await fetch(new URL('/query', url), {
        method: 'POST',
        headers: this.#headers,
        body: new URLSearchParams({ db: database, epoch: 'ms', q: statement }),
        signal: AbortSignal.timeout(timeoutMs),
      })
      answer = (await response.json()) as Answer
    } catch (error) {
      throw problemOf(error)
    }
    const [result] = answer.results ?? []
    const problem = answer.error ?? result?.error
    if (problem !== undefined || !response.ok) {
      throw new InfluxProblem(problem ?? `HTTP ${response.status}`, response.status)
    }
    return result?.series ?? []
  }

  /** A database that is not there is made, where the server lets us; anything else is told. */
  async #withDatabase<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Error && missing.test(error.message))) throw this.#unavailable(error)
    }
    try {
      await this.#queryOnce(createDatabaseQuery(this.#options.database))
      return await work()
    } catch (error) {
      throw this.#unavailable(error)
    }
  }

  #unavailable(cause: unknown): AppError {
    const { url, database } = this.#options
    const found = cause instanceof Error ? cause.message : String(cause)
    return new AppError('STORE_UNAVAILABLE', `InfluxDB at ${url}, database ${database}: ${found}`, { cause })
  }
}

function authorization(login: InfluxServerOptions['login']): Record<string, string> {
  if (login === undefined) return {}
  if ('token' in login) return { authorization: `Token ${login.token}` }
  const encoded = Buffer.from(`${login.username}:${login.password}`).toString('base64')
  return { authorization: `Basic ${encoded}` }
}

/** The server's own sentence is in the body: `{"error": "…"}`. */
function problemOf(error: unknown): InfluxProblem {
  if (error instanceof HttpError) {
    const { json, statusCode, message } = error
    const said: unknown =
      typeof json === 'object' && json !== null && 'error' in json ? json.error : undefined
    return new InfluxProblem(`HTTP ${statusCode}: ${typeof said === 'string' ? said : message}`, statusCode)
  }
  const cause: unknown = error instanceof Error ? error.cause : undefined
  const reason = cause instanceof Error ? cause : error
  return new InfluxProblem(reason instanceof Error ? reason.message : String(reason))
}
