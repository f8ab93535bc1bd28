/** What happened on a bus since the gateway started, whole and by unit. Counted where it happens, read by the report. */
export class LineStats {
  readonly startedAt: number
  requests = 0
  /** Bytes that no request asked for: other talkers on the line, noise. */
  unsolicited = 0
  /** Times at which what came could not be made sense of and was thrown away up to the next silence. */
  resyncs = 0
  /** Whole answers of a unit that was not the one asked. */
  wrongUnit = 0
  /** Whole answers to a request that nobody made. Modbus TCP only. */
  wrongTransaction = 0
  /** Connections made. */
  connects = 0
  /** Units that should be there. */
  expected = 0
  readonly #units: (UnitStats | undefined)[] = []

  constructor(nowMs: number) {
    this.startedAt = nowMs
  }

  unit(number: number): UnitStats {
    const known = this.#units[number]
    if (known !== undefined) return known
    const fresh = new UnitStats()
    this.#units[number] = fresh
    return fresh
  }

  /** Units that were asked at least once. */
  *units(): Generator<readonly [unit: number, stats: UnitStats]> {
    for (const [number, stats] of this.#units.entries()) if (stats !== undefined) yield [number, stats]
  }
}

/** Round trips that are remembered for the percentiles. */
const remembered = 256

export class UnitStats {
  requests = 0
  answers = 0
  timeouts = 0
  /** Answers whose checksum was wrong, or that ended in the middle. */
  crcErrors = 0
  /** Whole answers that did not fit the request. */
  malformed = 0
  exceptions = 0
  lateAnswers = 0
  slowestLateMs = 0
  /** From a request's first byte until the bus is free again. */
  busyMs = 0
  slowestMs = 0
  readonly #recent = new Float32Array(remembered)

  answered(roundTripMs: number): void {
    this.#recent[this.answers % remembered] = roundTripMs
    this.answers++
    if (roundTripMs > this.slowestMs) this.slowestMs = roundTripMs
  }

  late(afterMs: number): void {
    this.lateAnswers++
    this.slowestLateMs = Math.max(this.slowestLateMs, afterMs)
  }

  /** Of the last round trips; `undefined` before the first answer. */
  roundTrip(): { readonly p50: number; readonly p95: number; readonly max: number } | undefined {
    if (this.answers === 0) return undefined
    const sorted = this.#recent.slice(0, Math.min(this.answers, remembered)).sort()
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
    return { p50: at(0.5), p95: at(0.95), max: this.slowestMs }
  }
}
