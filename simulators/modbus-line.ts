import type { Clock } from '#lib/clock.ts'
import type { FaultSource } from './faults.ts'
import {
  exceptionPdu,
  exceptions,
  type Framing,
  type ModbusUnit,
  type Request,
  respond,
} from './modbus-frames.ts'

export type ServedUnit = {
  readonly unit: ModbusUnit
  readonly faults: FaultSource
  readonly latencyMs: number
  /** Each answer takes up to this much longer. */
  readonly jitterMs?: number
}

export type ModbusLineOptions = {
  readonly units: ReadonlyMap<number, ServedUnit>
  /** Behind a serial gateway an unknown unit answers 0x0B or nothing at all, depending on the product. */
  readonly unknownUnit: 'silent' | 'exception'
  readonly clock: Clock
  readonly framing: Framing
}

/** Where the bytes go. */
export type LineEnd = {
  readonly send: (bytes: Buffer) => void
  readonly hangUp: () => void
  readonly signal: AbortSignal
}

/** Silence after which half a request is forgotten. A real slave waits 3.5 characters; a computer is not that exact. */
const forgetAfterMs = 50
/** What a lighting panel tells everybody when a key is pressed: write 1 to register 0x1000 of unit 0. */
const announcement = Buffer.from([6, 0x10, 0, 0, 1])

/**
 * The units on one line. Requests are answered one after the other. Knows frames and faults, neither profiles nor what
 * kind of cable it is.
 */
export class ModbusLine {
  readonly #options: ModbusLineOptions
  readonly #end: LineEnd
  readonly #waiting: Request[] = []
  #rest: Buffer = Buffer.alloc(0)
  #forget: NodeJS.Timeout | undefined
  #busy = false
  #requests = 0

  constructor(options: ModbusLineOptions, end: LineEnd) {
    this.#options = options
    this.#end = end
  }

  /** Requests seen since the start, whatever became of them. */
  get requests(): number {
    return this.#requests
  }

  feed(bytes: Buffer): void {
    const { framing } = this.#options
    const taken = framing.take(this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]))
    if (taken === undefined) {
      this.#end.hangUp()
      return
    }
    this.#rest = Buffer.from(taken.rest)
    clearTimeout(this.#forget)
    if (framing.name === 'rtu' && this.#rest.length > 0) {
      this.#forget = setTimeout(() => {
        this.#rest = Buffer.alloc(0)
      }, forgetAfterMs).unref()
    }
    this.#waiting.push(...taken.requests)
    if (!this.#busy) void this.#drain() // a fault of the client ends inside
  }

  async #drain(): Promise<void> {
    this.#busy = true
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const waitMs = this.#meet(next)
      if (waitMs === undefined) continue
      if (waitMs > 0) await this.#options.clock.sleep(waitMs, this.#end.signal)
      if (this.#end.signal.aborted) return
      this.#answer(next)
    }
    this.#busy = false
  }

  /** How long the answer takes; `undefined` when there is none. */
  #meet(request: Request): number | undefined {
    this.#requests++
    const { units, unknownUnit, framing, clock } = this.#options
    const served = units.get(request.unit)
    if (served === undefined) {
      const pdu = exceptionPdu(request.pdu.readUInt8(0), exceptions.noAnswerBehindGateway)
      if (unknownUnit === 'exception') this.#end.send(framing.frame(request, pdu))
      return undefined
    }
    const { faults, latencyMs, jitterMs = 0 } = served
    const now = clock.now()
    if (faults.hit('silent', now) !== undefined || faults.hit('offline', now) !== undefined) return undefined
    if (faults.hit('disconnect', now) !== undefined) {
      this.#end.hangUp()
      return undefined
    }
    return latencyMs + Math.random() * jitterMs + (faults.hit('late', now)?.ms ?? 0)
  }

  #answer(request: Request): void {
    const { units, clock } = this.#options
    const served = units.get(request.unit)
    if (served === undefined) return
    const { faults, unit } = served
    const now = clock.now()
    const exception = faults.hit('exception', now)
    const pdu =
      exception === undefined
        ? respond(unit, request.pdu)
        : exceptionPdu(request.pdu.readUInt8(0), exception.code)
    this.#shout(faults, now)
    const bytes = this.#disturb(request, pdu, faults)
    if (bytes.length > 0) this.#end.send(bytes)
  }

  #shout(faults: FaultSource, now: number): void {
    const broadcast = faults.hit('broadcast', now)
    if (broadcast === undefined) return
    const bytes = this.#options.framing.frame({ transaction: 0, unit: 0 }, announcement)
    this.#end.send(bytes)
    if (broadcast.ms > 0) setTimeout(() => this.#end.send(bytes), broadcast.ms).unref()
  }

  /** What becomes of a good answer on its way out. */
  #disturb(request: Request, pdu: Buffer, faults: FaultSource): Buffer {
    const { framing, clock } = this.#options
    const now = clock.now()
    const to = {
      transaction:
        (request.transaction + (faults.hit('wrong-transaction', now) === undefined ? 0 : 7)) & 0xffff,
      unit: (request.unit + (faults.hit('wrong-unit', now) === undefined ? 0 : 1)) & 0xff,
    }
    const answer = framing.frame(to, pdu)
    const body = answer.length - pdu.length - (framing.name === 'rtu' ? 2 : 0) - 1
    if (faults.hit('garbage', now) !== undefined)
      return Buffer.from(answer.map((byte, at) => (at < body ? byte : byte ^ 0xa5)))
    if (faults.hit('half-frame', now) !== undefined) return answer.subarray(0, Math.ceil(answer.length / 2))
    if (faults.hit('crc', now) !== undefined) return framing.name === 'rtu' ? withWrongSum(answer) : nothing
    return faults.hit('duplicate', now) === undefined ? answer : Buffer.concat([answer, answer])
  }
}

const nothing = Buffer.alloc(0)

function withWrongSum(answer: Buffer): Buffer {
  const wrong = Buffer.from(answer)
  wrong.writeUInt16LE(wrong.readUInt16LE(wrong.length - 2) ^ 0x5aa5, wrong.length - 2)
  return wrong
}
