import { autonomyHours, RateMeter } from './autonomy.ts'
import type { Drop } from './batch.ts'
import { rowOverheadBytes } from './retention.ts'

const rateHalfLifeMs = 600_000

/** What the outbox counts about itself. Times are monotonic and passed in. */
export class OutboxMeter {
  readonly #rate: RateMeter
  readonly #dropped = { samples: 0, events: 0 }
  #commits = 0
  #lastCommitMs = 0
  #slowestCommitMs = 0
  #refused = 0
  #failure: string | undefined

  constructor(nowMs: number) {
    this.#rate = new RateMeter(nowMs, rateHalfLifeMs)
  }

  /** True when the disk did not take anything before. */
  committed(tookMs: number): boolean {
    const wasFailing = this.#failure !== undefined
    this.#failure = undefined
    this.#commits++
    this.#lastCommitMs = tookMs
    this.#slowestCommitMs = Math.max(this.#slowestCommitMs, tookMs)
    return wasFailing
  }

  failed(reason: string): void {
    this.#failure = reason
  }

  produced(payloadBytes: number, nowMs: number): void {
    this.#rate.add(payloadBytes + rowOverheadBytes, nowMs)
  }

  refused(): void {
    this.#refused++
  }

  dropped({ stream, samples }: Drop): void {
    this.#dropped[stream === 'events' ? 'events' : 'samples'] += samples
  }

  figures() {
    return {
      dropped: { ...this.#dropped },
      refused: this.#refused,
      commits: this.#commits,
      lastCommitMs: this.#lastCommitMs,
      slowestCommitMs: this.#slowestCommitMs,
      failure: this.#failure,
    }
  }

  autonomyH(budgetBytes: number, usedBytes: number, nowMs: number): number | undefined {
    return autonomyHours({ budgetBytes, usedBytes, bytesPerMs: this.#rate.perMs(nowMs) })
  }
}
