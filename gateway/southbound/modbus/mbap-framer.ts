import { crc16 } from './crc16.ts'
import { type Awaited, awaitedBy, type Framer, misfitOf, type Outcome } from './framer.ts'
import type { LineStats } from './line-stats.ts'

const headerBytes = 6
const maxLength = 254
const maxTransaction = 0xffff
/** Requests without an answer that are remembered, to know a late answer when it comes. */
const maxGivenUp = 64
const nothing: Buffer = Buffer.alloc(0)

/** Modbus TCP: a header with length and transaction number before every frame. */
export class MbapFramer implements Framer {
  readonly #stats: LineStats
  readonly #givenUp = new Map<number, Awaited>()
  #rest = nothing
  #awaited: Awaited | undefined
  #transaction = 0
  isLost = false

  constructor(stats: LineStats) {
    this.#stats = stats
  }

  get isUnfinished(): boolean {
    return false // TCP may pause anywhere: only the request's own deadline says that the rest will not come
  }

  send(request: Buffer, nowMs: number): Buffer {
    this.#transaction = this.#transaction === maxTransaction ? 1 : this.#transaction + 1
    this.#awaited = awaitedBy(request, nowMs)
    this.isLost = false
    const length = request.length - 2
    const bytes = Buffer.allocUnsafe(headerBytes + length)
    bytes.writeUInt16BE(this.#transaction, 0)
    bytes.writeUInt16BE(0, 2)
    bytes.writeUInt16BE(length, 4)
    request.copy(bytes, headerBytes, 0, length)
    return bytes
  }

  receive(bytes: Buffer, nowMs: number): Outcome | undefined {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    let outcome: Outcome | undefined
    let at = 0
    while (all.length - at >= headerBytes) {
      const length = all.readUInt16BE(at + 4)
      if (all.readUInt16BE(at + 2) !== 0 || length < 2 || length > maxLength) {
        this.#drop()
        return outcome
      }
      const end = at + headerBytes + length
      if (all.length < end) break
      outcome = this.#frame(all, { at, end }, nowMs) ?? outcome
      at = end
    }
    this.#rest = at === all.length ? nothing : all.subarray(at)
    return outcome
  }

  silence(): undefined {
    return undefined
  }

  giveUp(): void {
    if (this.#rest.length > 0) this.#drop()
    if (this.#awaited === undefined) return
    if (this.#givenUp.size >= maxGivenUp) this.#givenUp.delete(this.#givenUp.keys().next().value ?? 0)
    this.#givenUp.set(this.#transaction, this.#awaited)
    this.#awaited = undefined
  }

  #frame(all: Buffer, { at, end }: { at: number; end: number }, nowMs: number): Outcome | undefined {
    const transaction = all.readUInt16BE(at)
    const awaited = this.#awaited
    if (awaited === undefined || transaction !== this.#transaction) {
      this.#unasked(transaction, nowMs)
      return undefined
    }
    this.#awaited = undefined
    const length = end - at - headerBytes
    const answer = Buffer.allocUnsafe(length + 2)
    all.copy(answer, 0, at + headerBytes, end)
    answer.writeUInt16LE(crc16(answer, 0, length), length)
    const misfit = misfitOf(answer, awaited)
    if (misfit === 'unit') this.#stats.wrongUnit++
    return misfit ?? answer
  }

  #unasked(transaction: number, nowMs: number): void {
    const late = this.#givenUp.get(transaction)
    if (late !== undefined) {
      this.#givenUp.delete(transaction)
      this.#stats.unit(late.unit).late(nowMs - late.sentAt)
      return
    }
    // An answer that came twice carries the number of a request that was answered.
    if (transaction === this.#transaction) this.#stats.unsolicited++
    else {
      this.#stats.wrongTransaction++
      this.isLost = true
    }
  }

  #drop(): void {
    this.#rest = nothing
    this.#stats.resyncs++
    this.isLost = true
  }
}
