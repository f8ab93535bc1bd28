import modbusSerial from 'modbus-serial'
import { AppError } from '#contract/errors.ts'
import type { ModbusTiming } from '#gateway/profiles/device.ts'
import type { ModbusTable } from '#gateway/profiles/modbus.ts'
import type { Clock } from '#lib/clock.ts'
import { type BusConfig, frameGapMs, isRtu, isSerial } from './bus-config.ts'
import type { WriteRequest } from './encode.ts'
import type { Framer, Outcome } from './framer.ts'
import { LazyTimer } from './lazy-timer.ts'
import { LinePort } from './line-port.ts'
import { LineStats } from './line-stats.ts'
import { MbapFramer } from './mbap-framer.ts'
import { badAnswer, exceptionOf, noAnswer, type RequestFacts, refusal } from './modbus-errors.ts'
import { type Line, openLine } from './open-line.ts'
import { RtuFramer } from './rtu-framer.ts'

export type ReadRequest = {
  readonly table: ModbusTable
  readonly addr: number
  readonly count: number
}

/** A unit on the bus and how to treat it. */
export type Unit = { readonly unit: number; readonly timing: ModbusTiming }

export type ReadOptions = {
  /** Before everything that waits. */
  readonly urgent?: boolean
  /** Instead of the unit's own, for a unit that is not expected to answer. */
  readonly timeoutMs?: number
  /** Silence says nothing about the connection: nobody knows whether there is such a unit. */
  readonly mayBeAbsent?: boolean
}

/**
 * The one owner of a Modbus line. One request is on its way at a time; urgent ones go before the rest. Requests reject with
 * AppError DEVICE_TIMEOUT, DEVICE_REFUSED or LINK_DOWN, and every one of them settles.
 */
export interface Bus extends AsyncDisposable {
  /** The bytes of exactly `count` registers, most significant first; of bits eight to a byte, the first one lowest. */
  read(unit: Unit, request: ReadRequest, options?: ReadOptions): Promise<Buffer>
  /** Always urgent. Resolves when the device has echoed the request. */
  write(unit: Unit, request: WriteRequest): Promise<void>
  /** Resolves with the reason when the connection is gone; never rejects. */
  readonly lost: Promise<AppError>
}

type Job = {
  readonly unit: Unit
  readonly request: ReadRequest | WriteRequest
  readonly timeoutMs: number
  readonly mayBeAbsent: boolean
  readonly resolve: (bytes: Buffer) => void
  readonly reject: (error: AppError) => void
}

const maxWaiting = 256
/**
 * Timeouts in a row, with no answer of any unit between them, after which a TCP connection itself is doubted; more where
 * there are more units, since some of them may have lost their power together.
 */
const maxSilent = 5
/** A serial adapter that nothing came from for so long is opened anew. */
const serialStuckMs = 60_000
/** Timeouts in a row during which the stream lost its frames. */
const maxLost = 2
/** Converters and USB adapters hand over an answer in pieces; a pause of this length is the end of it. */
const frameEndsMs = { serial: 30, tcp: 100 }
/** Somebody who never stops talking is talked over. */
const maxPoliteMs = 500
/** What reads a table. */
const functionOf: Readonly<Record<ModbusTable, number>> = { coil: 1, discrete: 2, holding: 3, input: 4 }
const noBytes = Buffer.alloc(0)

export async function openBus(
  config: BusConfig,
  clock: Clock,
  signal: AbortSignal,
  stats = new LineStats(clock.monotonic()),
): Promise<Bus> {
  const line = await openLine(config, signal)
  if (signal.aborted) void line.close() // never rejects
  stats.connects++
  return new LineBus(config, { clock, line, stats })
}

type LineParts = { readonly clock: Clock; readonly line: Line; readonly stats: LineStats }

class LineBus implements Bus {
  readonly lost: Promise<AppError>
  readonly #config: BusConfig
  readonly #clock: Clock
  readonly #line: Line
  #closed: Promise<void> | undefined
  readonly #stats: LineStats
  readonly #framer: Framer
  readonly #port: LinePort
  readonly #client: InstanceType<typeof modbusSerial.default>
  readonly #urgent: Job[] = []
  readonly #normal: Job[] = []
  readonly #reportLost: (reason: AppError) => void
  /** The request on its way has no answer. */
  readonly #deadline: LazyTimer
  /** The line may be used again. */
  readonly #pause: LazyTimer
  /** What began to come will not go on. */
  readonly #frameEnd: LazyTimer
  readonly #frameEndsMs: number
  readonly #frameGapMs: number
  #lostBecause: AppError | undefined
  #current: Job | undefined
  #sentAt = 0
  #freeAt = Number.NEGATIVE_INFINITY
  #lastAskedMs = 0
  #noiseAt = Number.NEGATIVE_INFINITY
  #politeSince: number | undefined
  #silent = 0
  #heardAt: number
  #lostFrames = 0

  constructor(config: BusConfig, { clock, line, stats }: LineParts) {
    const { promise, resolve } = Promise.withResolvers<AppError>()
    this.lost = promise
    this.#reportLost = resolve
    this.#config = config
    this.#clock = clock
    this.#heardAt = clock.monotonic()
    this.#line = line
    this.#stats = stats
    this.#framer = isRtu(config) ? new RtuFramer(stats) : new MbapFramer(stats)
    this.#port = new LinePort(line.stream, this.#framer, () => clock.monotonic())
    this.#client = new modbusSerial.default(this.#port)
    this.#client.open()
    this.#deadline = new LazyTimer(clock, () => this.#timedOut())
    this.#pause = new LazyTimer(clock, () => this.#startNext())
    this.#frameEnd = new LazyTimer(clock, () => this.#outcome(this.#framer.silence(clock.monotonic())))
    this.#frameEndsMs = isSerial(config) ? frameEndsMs.serial : frameEndsMs.tcp
    this.#frameGapMs = isRtu(config) ? frameGapMs(config.line) : 0
    line.stream.on('data', (bytes: Buffer) => this.#received(bytes))
    line.stream.on('error', (error: NodeJS.ErrnoException) => this.#lose(error.code ?? error.message))
    line.stream.on('close', () => this.#lose('connection closed'))
    line.stream.on('end', () => this.#lose('connection closed'))
  }

  read(unit: Unit, request: ReadRequest, options: ReadOptions = {}): Promise<Buffer> {
    return this.#enqueue(unit, request, options)
  }

  async write(unit: Unit, request: WriteRequest): Promise<void> {
    await this.#enqueue(unit, request, { urgent: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#lose('closed by us')
    // A serial port can be opened again only when it is closed.
    await this.#closed
  }

  #enqueue(
    unit: Unit,
    request: ReadRequest | WriteRequest,
    { urgent = false, timeoutMs = unit.timing.timeoutMs, mayBeAbsent = false }: ReadOptions,
  ): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#lostBecause !== undefined) return reject(this.#lostBecause)
      if (this.#urgent.length + this.#normal.length >= maxWaiting) {
        const words = `bus ${this.#config.id}: ${maxWaiting} requests are waiting already`
        return reject(new AppError('LINK_DOWN', words))
      }
      const queue = urgent ? this.#urgent : this.#normal
      queue.push({ unit, request, timeoutMs, mayBeAbsent, resolve, reject })
      if (this.#current === undefined) this.#startNext()
    })
  }

  /** Sends the next request, or waits until the line may be used. */
  #startNext(): void {
    if (this.#current !== undefined || this.#lostBecause !== undefined) return
    const next = this.#urgent[0] ?? this.#normal[0]
    if (next === undefined) return
    const now = this.#clock.monotonic()
    const from = this.#usableFrom(next, now)
    if (from > now) {
      this.#pause.set(from)
      return
    }
    this.#politeSince = undefined
    if (this.#urgent.length > 0) this.#urgent.shift()
    else this.#normal.shift()
    this.#send(next, now)
  }

  /** After the silences that the last unit and this one want, and not into somebody's sentence. */
  #usableFrom({ unit }: Job, now: number): number {
    const ready = this.#freeAt + Math.max(this.#lastAskedMs, unit.timing.gapMs, this.#frameGapMs)
    const quiet = this.#noiseAt + this.#frameGapMs
    if (quiet <= now) return ready
    this.#politeSince ??= now
    return now - this.#politeSince > maxPoliteMs ? ready : Math.max(ready, quiet)
  }

  #send(job: Job, now: number): void {
    this.#current = job
    this.#sentAt = now
    this.#stats.requests++
    this.#stats.unit(job.unit.unit).requests++
    this.#deadline.set(now + job.timeoutMs)
    try {
      this.#carryOut(job)
    } catch (error) {
      // modbus-serial refuses to build the frame: a bug of the caller, and still an answer to it.
      this.#finish().reject(badAnswer(this.#factsOf(job), error as Error))
    }
  }

  #carryOut({ unit: { unit }, request }: Job): void {
    const client = this.#client
    if ('words' in request) {
      this.#carryOutWrite(unit, request)
      return
    }
    const { table, addr, count } = request
    switch (table) {
      case 'coil':
        client.writeFC1(unit, addr, count, this.#decoded)
        return
      case 'discrete':
        client.writeFC2(unit, addr, count, this.#decoded)
        return
      case 'holding':
        client.writeFC3(unit, addr, count, this.#decoded)
        return
      case 'input':
        client.writeFC4(unit, addr, count, this.#decoded)
        return
    }
  }

  #carryOutWrite(unit: number, { fc, addr, words }: WriteRequest): void {
    const client = this.#client
    const [first = 0] = words
    switch (fc) {
      case 5:
        client.writeFC5(unit, addr, first !== 0, this.#decoded)
        return
      case 6:
        client.writeFC6(unit, addr, first, this.#decoded)
        return
      case 15:
        client.writeFC15(
          unit,
          addr,
          words.map((word) => word !== 0),
          this.#decoded,
        )
        return
      case 16:
        client.writeFC16(unit, addr, [...words], this.#decoded)
        return
    }
  }

  #received(bytes: Buffer): void {
    const now = this.#clock.monotonic()
    if (this.#current === undefined) this.#noiseAt = now
    const outcome = this.#framer.receive(bytes, now)
    if (this.#framer.isUnfinished) this.#frameEnd.set(now + this.#frameEndsMs)
    else this.#frameEnd.unset()
    this.#outcome(outcome)
  }

  #outcome(outcome: Outcome | undefined): void {
    if (outcome === undefined || this.#current === undefined) return
    if (typeof outcome !== 'string') {
      this.#port.deliver(outcome) // goes on in #decoded
      return
    }
    const job = this.#finish()
    this.#heard()
    const stats = this.#stats.unit(job.unit.unit)
    if (outcome === 'checksum' || outcome === 'half') stats.crcErrors++
    else stats.malformed++
    job.reject(badAnswer(this.#factsOf(job), outcome))
    this.#startNext()
  }

  /** What modbus-serial made of the answer. One function for all requests: only one is on its way. */
  readonly #decoded = (error: Error | null, result?: object): void => {
    if (this.#current === undefined) return
    const job = this.#finish()
    const exception = exceptionOf(error)
    this.#heard()
    const stats = this.#stats.unit(job.unit.unit)
    if (error === null || error === undefined) {
      stats.answered(this.#clock.monotonic() - this.#sentAt)
      job.resolve(result !== undefined && 'buffer' in result ? (result.buffer as Buffer) : noBytes)
    } else if (exception !== undefined) {
      const refused = refusal(this.#factsOf(job), exception)
      if (refused.code === 'DEVICE_TIMEOUT') stats.timeouts++
      else {
        stats.exceptions++
        stats.answered(this.#clock.monotonic() - this.#sentAt)
      }
      job.reject(refused)
    } else {
      stats.malformed++
      job.reject(badAnswer(this.#factsOf(job), error))
    }
    this.#startNext()
  }

  #timedOut(): void {
    if (this.#current === undefined) return
    this.#framer.giveUp(this.#clock.monotonic())
    const isLost = this.#framer.isLost
    const job = this.#finish()
    this.#stats.unit(job.unit.unit).timeouts++
    job.reject(noAnswer(this.#factsOf(job), job.timeoutMs))
    if (!job.mayBeAbsent) this.#missed(isLost)
    this.#startNext()
  }

  /** The line is free again. */
  #finish(): Job {
    const job = this.#current
    if (job === undefined) throw new Error('no request is on its way')
    this.#current = undefined
    this.#deadline.unset()
    this.#freeAt = this.#clock.monotonic()
    this.#lastAskedMs = job.unit.timing.turnaroundMs
    this.#stats.unit(job.unit.unit).busyMs += this.#freeAt - this.#sentAt
    return job
  }

  #factsOf({ unit, request }: Job): RequestFacts {
    const { table, addr } = request
    const fc = 'fc' in request ? request.fc : functionOf[table]
    return { bus: this.#config.id, unit: unit.unit, fc, table, addr }
  }

  #heard(): void {
    this.#heardAt = this.#clock.monotonic()
    this.#silent = 0
    this.#lostFrames = 0
  }

  /** On a serial line its units are silent or the cable is out; only an adapter that hangs is helped by opening it again. */
  #missed(lostFrames: boolean): void {
    if (lostFrames) this.#lostFrames++
    else this.#silent++
    if (this.#lostFrames >= maxLost) this.#lose('answers that belong to no request')
    else if (this.#silent >= Math.max(maxSilent, this.#stats.expected) && this.#mayBeStuck()) {
      this.#lose(`${this.#silent} requests in a row without any answer`)
    }
  }

  #mayBeStuck(): boolean {
    return !isSerial(this.#config) || this.#clock.monotonic() - this.#heardAt > serialStuckMs
  }

  #lose(reason: string): void {
    if (this.#lostBecause !== undefined) return
    const error = new AppError('LINK_DOWN', `bus ${this.#config.id}: ${reason}`, {
      details: { bus: this.#config.id },
    })
    this.#lostBecause = error
    for (const timer of [this.#deadline, this.#pause, this.#frameEnd]) timer.close()
    this.#reportLost(error)
    this.#current?.reject(error)
    this.#current = undefined
    for (const job of [...this.#urgent.splice(0), ...this.#normal.splice(0)]) job.reject(error)
    this.#port.close()
    this.#closed = this.#line.close()
  }
}
