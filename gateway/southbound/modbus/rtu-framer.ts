import { hasCrc } from './crc16.ts'
import { type Awaited, awaitedBy, exceptionLength, type Framer, misfitOf, type Outcome } from './framer.ts'
import type { LineStats } from './line-stats.ts'

/** More than the longest frame twice: what is older is of no use to anybody. */
const maxHeld = 600
const nothing: Buffer = Buffer.alloc(0)

/**
 * RTU: frames have no length and no number, only a checksum and the silence around them, and converters do not keep the
 * silence. So the answer is looked for anywhere in what came: by unit, function, length and checksum. Broadcasts and
 * answers of others before and behind it do no harm.
 */
export class RtuFramer implements Framer {
  readonly #stats: LineStats
  /** By unit, the last request that was given up. */
  readonly #givenUp = new Map<number, Awaited>()
  readonly isLost = false // RTU finds its frames again by itself
  #held = nothing
  #awaited: Awaited | undefined

  constructor(stats: LineStats) {
    this.#stats = stats
  }

  get isUnfinished(): boolean {
    return this.#held.length > 0
  }

  send(request: Buffer, nowMs: number): Buffer {
    this.#explain(this.#held, nowMs)
    this.#held = nothing
    this.#awaited = awaitedBy(request, nowMs)
    return request
  }

  receive(bytes: Buffer, nowMs: number): Outcome | undefined {
    const all = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes])
    this.#held = all.length > maxHeld ? all.subarray(all.length - maxHeld) : all
    const awaited = this.#awaited
    if (awaited === undefined) return undefined
    const held = this.#held
    for (let at = 0; at + exceptionLength <= held.length; at++) {
      const end = answerEnd(held, at, awaited)
      if (end === undefined || end > held.length || !hasCrc(held, at, end)) continue
      const answer = held.subarray(at, end)
      const misfit = misfitOf(answer, awaited)
      if (misfit !== undefined) continue
      this.#explain(held.subarray(0, at), nowMs)
      this.#held = held.subarray(end)
      this.#awaited = undefined
      this.#givenUp.delete(awaited.unit)
      return answer
    }
    return undefined
  }

  /** Nothing more belongs to what is held. A broken answer is known by its first two bytes. */
  silence(nowMs: number): Outcome | undefined {
    const held = this.#held
    this.#held = nothing
    const awaited = this.#awaited
    const broken = awaited === undefined ? undefined : brokenAnswer(held, awaited)
    if (broken === undefined) {
      this.#explain(held, nowMs)
      return undefined
    }
    this.#stats.resyncs++
    this.#awaited = undefined
    return broken
  }

  giveUp(nowMs: number): void {
    this.#explain(this.#held, nowMs)
    this.#held = nothing
    if (this.#awaited !== undefined) this.#givenUp.set(this.#awaited.unit, this.#awaited)
    this.#awaited = undefined
  }

  /** Counts bytes that are not the answer: late, of another unit, or nobody's. */
  #explain(bytes: Buffer, nowMs: number): void {
    if (bytes.length === 0) return
    const late = this.#givenUp.get(bytes.readUInt8(0))
    if (late !== undefined && isAnswer(bytes, late)) {
      this.#givenUp.delete(late.unit)
      this.#stats.unit(late.unit).late(nowMs - late.sentAt)
    } else if (this.#awaited !== undefined && isAnswer(bytes, { ...this.#awaited, unit: bytes[0] ?? 0 })) {
      this.#stats.wrongUnit++
    } else {
      this.#stats.unsolicited++
    }
  }
}

/** Where the answer would end if it began at `at`; `undefined` where it does not. */
function answerEnd(bytes: Buffer, at: number, { unit, fc, length }: Awaited): number | undefined {
  if (bytes[at] !== unit) return undefined
  if (bytes[at + 1] === fc) return at + length
  return bytes[at + 1] === (fc | 0x80) ? at + exceptionLength : undefined
}

function isAnswer(bytes: Buffer, awaited: Awaited): boolean {
  const end = answerEnd(bytes, 0, awaited)
  return end !== undefined && end <= bytes.length && hasCrc(bytes, 0, end)
}

/** An answer of which some came, and that will not be whole any more. */
function brokenAnswer(bytes: Buffer, awaited: Awaited): 'checksum' | 'half' | undefined {
  for (let at = 0; at + 1 < bytes.length; at++) {
    const end = answerEnd(bytes, at, awaited)
    if (end !== undefined) return end <= bytes.length ? 'checksum' : 'half'
  }
  return undefined
}
