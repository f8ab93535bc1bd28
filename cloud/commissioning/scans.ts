import { randomUUID } from 'node:crypto'
import type { Scan } from '#contract/api/commissioning.ts'
import { AppError } from '#contract/errors.ts'
import type { ScannedUnit } from '#contract/request.ts'
import type { Clock } from '#lib/clock.ts'
import type { GatewayRequests } from './gateway-requests.ts'

export type ScanRange = { readonly bus: string; readonly first: number; readonly last: number }
type Kept = { readonly gateway: string; scan: Scan; readonly stop: AbortController }

const maxKept = 100
/** Longest time for one unit that does not answer, and for all of them. */
const perUnitMs = 5_000
const maxScanMs = 10 * 60_000

/** Scans that run, and the last ones that did. In memory: a scan is worth a look, not a record. */
export class Scans {
  readonly #requests: GatewayRequests
  readonly #clock: Clock
  readonly #kept = new Map<string, Kept>()

  constructor(requests: GatewayRequests, clock: Clock) {
    this.#requests = requests
    this.#clock = clock
  }

  /** Resolves when the gateway has begun, or rejects with why it does not. */
  async start(gateway: string, { bus, first, last }: ScanRange): Promise<Scan> {
    const id = randomUUID()
    const total = last - first + 1
    const scan: Scan = { id, bus, first, last, state: 'running', done: 0, total, units: [] }
    const kept: Kept = { gateway, scan, stop: new AbortController() }
    this.#keep(id, kept)
    const begun = Promise.withResolvers<void>()
    const timeoutMs = Math.min(maxScanMs, 10_000 + total * perUnitMs)
    const onPart = (body: { kind: string }): void => {
      if (body.kind === 'scan') kept.scan = grown(kept.scan, body as Part)
      begun.resolve()
    }
    this.#requests
      .ask(gateway, { kind: 'scan', bus, first, last }, { timeoutMs, onPart, signal: kept.stop.signal })
      .then(
        () => {
          kept.scan = { ...kept.scan, state: kept.scan.done < total ? 'cancelled' : 'done' }
        },
        (error: unknown) => {
          kept.scan = { ...kept.scan, state: 'failed', problem: problemOf(error) }
          begun.reject(error)
        },
      )
      .finally(() => begun.resolve())
    // A refusal comes at once; a scan that answers nothing for a while runs.
    const waited = new AbortController()
    await Promise.race([begun.promise, this.#clock.sleep(1_000, waited.signal)]).finally(() => waited.abort())
    begun.promise.catch(() => {}) // told through the scan from now on
    return kept.scan
  }

  find(gateway: string, id: string): Scan {
    return this.#known(gateway, id).scan
  }

  /** What was found so far stays. */
  cancel(gateway: string, id: string): Scan {
    const kept = this.#known(gateway, id)
    kept.stop.abort()
    return kept.scan
  }

  #known(gateway: string, id: string): Kept {
    const kept = this.#kept.get(id)
    if (kept?.gateway !== gateway)
      throw new AppError('NOT_FOUND', `there is no scan ${id}, or it was long ago`)
    return kept
  }

  #keep(id: string, kept: Kept): void {
    this.#kept.set(id, kept)
    for (const [oldest, { scan }] of this.#kept) {
      if (this.#kept.size <= maxKept) break
      if (scan.state !== 'running') this.#kept.delete(oldest)
    }
  }
}

type Part = { readonly kind: 'scan'; readonly done: number; readonly units: readonly ScannedUnit[] }

function grown(scan: Scan, { done, units }: Part): Scan {
  return { ...scan, done, units: [...scan.units, ...units] }
}

function problemOf(error: unknown): NonNullable<Scan['problem']> {
  if (error instanceof AppError) return { code: error.code, message: error.message }
  return { code: 'INTERNAL', message: 'something went wrong' }
}
