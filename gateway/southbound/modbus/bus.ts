import type { Socket } from 'node:net'
import modbusSerial from 'modbus-serial'
import { AppError } from '#contract/errors.ts'
import type { ModbusTiming } from '#gateway/profiles/device.ts'
import type { ModbusTable } from '#gateway/profiles/modbus.ts'
import type { Clock } from '#lib/clock.ts'
import { type BusConfig, openSocket } from './connection.ts'
import type { WriteRequest } from './encode.ts'
import { isSilence, type RequestFacts, translateError } from './modbus-errors.ts'

export type ReadRequest = {
  readonly table: ModbusTable
  readonly addr: number
  readonly count: number
}

/** A unit on the bus and how long to wait for it. */
export type Unit = { readonly unit: number; readonly timing: ModbusTiming }

/**
 * The one owner of a Modbus connection. One request is on its way at a time; urgent ones go before the rest. Requests
 * reject with AppError DEVICE_TIMEOUT, DEVICE_REFUSED or LINK_DOWN, and every one of them settles.
 */
export interface Bus extends AsyncDisposable {
  /** Registers, or bits as 0 and 1; exactly `count` of them. */
  read(unit: Unit, request: ReadRequest, options?: { urgent?: boolean }): Promise<readonly number[]>
  /** Always urgent. Resolves when the device has echoed the request. */
  write(unit: Unit, request: WriteRequest): Promise<void>
  /** Resolves with the reason when the connection is gone; never rejects. */
  readonly lost: Promise<AppError>
}

type Job = {
  readonly unit: Unit
  readonly facts: RequestFacts
  readonly send: () => Promise<readonly number[]>
  readonly resolve: (cells: readonly number[]) => void
  readonly reject: (error: AppError) => void
}

const maxWaiting = 256
/** Timeouts in a row, with no answer of any unit between them, after which the connection itself is doubted. */
const maxSilent = 5
/** Timeouts in a row during which bytes came that answered nothing: the stream has lost its frames. */
const maxMismatched = 2

export async function openBus(config: BusConfig, clock: Clock, signal: AbortSignal): Promise<Bus> {
  return new ModbusTcpBus(config, clock, await openSocket(config, signal)).start()
}

class ModbusTcpBus implements Bus {
  readonly lost: Promise<AppError>
  readonly #id: string
  readonly #port: number
  readonly #clock: Clock
  readonly #socket: Socket
  readonly #client = new modbusSerial.default()
  readonly #urgent: Job[] = []
  readonly #normal: Job[] = []
  readonly #reportLost: (reason: AppError) => void
  #lostBecause: AppError | undefined
  /** Rejects the request that is on its way. */
  #abandon: ((reason: AppError) => void) | undefined
  #running = false
  #idleSince = Number.NEGATIVE_INFINITY
  #silent = 0
  #mismatched = 0

  constructor(config: BusConfig, clock: Clock, socket: Socket) {
    const { promise, resolve } = Promise.withResolvers<AppError>()
    this.lost = promise
    this.#reportLost = resolve
    this.#id = config.id
    this.#port = config.port
    this.#clock = clock
    this.#socket = socket
  }

  /** modbus-serial forgets to tell about a connection that was reset, so the socket stays ours and is watched here. */
  async start(): Promise<this> {
    this.#socket.on('close', () => this.#lose('connection closed'))
    await this.#client.linkTCP(this.#socket, { port: this.#port })
    return this
  }

  read(unit: Unit, request: ReadRequest, options: { urgent?: boolean } = {}): Promise<readonly number[]> {
    const { table, addr, count } = request
    const send = async (): Promise<readonly number[]> => {
      const cells = await this.#readCells(request)
      if (cells.length < count) throw new Error(`${count} values expected, ${cells.length} received`)
      return cells
    }
    return this.#enqueue(unit, { table, addr }, { send, urgent: options.urgent ?? false })
  }

  async write(unit: Unit, request: WriteRequest): Promise<void> {
    const { table, addr } = request
    const send = async (): Promise<readonly number[]> => {
      await this.#writeWords(request)
      return []
    }
    await this.#enqueue(unit, { table, addr }, { send, urgent: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#lose('closed by us')
  }

  #enqueue(
    unit: Unit,
    { table, addr }: { table: string; addr: number },
    { send, urgent }: { send: Job['send']; urgent: boolean },
  ): Promise<readonly number[]> {
    const facts = { bus: this.#id, unit: unit.unit, table, addr, timeoutMs: unit.timing.timeoutMs }
    return new Promise((resolve, reject) => {
      if (this.#lostBecause !== undefined) return reject(this.#lostBecause)
      if (this.#urgent.length + this.#normal.length >= maxWaiting) {
        return reject(
          new AppError('LINK_DOWN', `bus ${this.#id}: ${maxWaiting} requests are waiting already`),
        )
      }
      const queue = urgent ? this.#urgent : this.#normal
      queue.push({ unit, facts, send, resolve, reject })
      if (!this.#running) void this.#drain() // settles every job itself and never rejects
    })
  }

  async #drain(): Promise<void> {
    this.#running = true
    for (let job = this.#next(); job !== undefined; job = this.#next()) await this.#carryOut(job)
    this.#running = false
  }

  #next(): Job | undefined {
    return this.#urgent.shift() ?? this.#normal.shift()
  }

  async #carryOut(job: Job): Promise<void> {
    const waitMs = this.#idleSince + job.unit.timing.gapMs - this.#clock.monotonic()
    if (waitMs > 0) await this.#clock.sleep(waitMs)
    if (this.#lostBecause !== undefined) return job.reject(this.#lostBecause)
    const bytesBefore = this.#socket.bytesRead
    this.#client.setID(job.unit.unit)
    this.#client.setTimeout(job.unit.timing.timeoutMs)
    try {
      const answer = await this.#orLost(job.send())
      this.#heard()
      job.resolve(answer)
    } catch (error) {
      if (isSilence(error)) this.#missed(this.#socket.bytesRead > bytesBefore)
      else this.#heard()
      job.reject(translateError(error, job.facts))
    } finally {
      this.#idleSince = this.#clock.monotonic()
    }
  }

  /**
   * A lost connection must not leave the caller waiting for the rest of its timeout. Not a race with `lost`: that promise
   * lives as long as the connection and would remember every request ever raced against it.
   */
  async #orLost<T>(answer: Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.#abandon = reject
    answer.then(resolve, reject)
    try {
      return await promise
    } finally {
      this.#abandon = undefined
    }
  }

  #heard(): void {
    this.#silent = 0
    this.#mismatched = 0
  }

  #missed(bytesCame: boolean): void {
    if (bytesCame) this.#mismatched++
    else this.#silent++
    if (this.#mismatched >= maxMismatched) this.#lose('answers that belong to no request')
    else if (this.#silent >= maxSilent) this.#lose(`${maxSilent} requests in a row without any answer`)
  }

  #lose(reason: string): void {
    if (this.#lostBecause !== undefined) return
    const error = new AppError('LINK_DOWN', `bus ${this.#id}: ${reason}`, { details: { bus: this.#id } })
    this.#lostBecause = error
    this.#reportLost(error)
    this.#abandon?.(error)
    for (const job of [...this.#urgent.splice(0), ...this.#normal.splice(0)]) job.reject(error)
    this.#client.destroy(() => {})
    this.#socket.destroy()
  }

  async #readCells({ table, addr, count }: ReadRequest): Promise<readonly number[]> {
    switch (table) {
      case 'coil':
        return bits(await this.#client.readCoils(addr, count), count)
      case 'discrete':
        return bits(await this.#client.readDiscreteInputs(addr, count), count)
      case 'input':
        return (await this.#client.readInputRegisters(addr, count)).data
      case 'holding':
        return (await this.#client.readHoldingRegisters(addr, count)).data
    }
  }

  async #writeWords({ fc, addr, words }: WriteRequest): Promise<void> {
    const [first = 0] = words
    switch (fc) {
      case 5:
        await this.#client.writeCoil(addr, first !== 0)
        return
      case 6:
        await this.#client.writeRegister(addr, first)
        return
      case 15:
        await this.#client.writeCoils(
          addr,
          words.map((word) => word !== 0),
        )
        return
      case 16:
        await this.#client.writeRegisters(addr, [...words])
        return
    }
  }
}

/** The answer comes in whole bytes: what lies behind the last coil asked for is padding. */
function bits({ data }: { data: readonly boolean[] }, count: number): number[] {
  return data.slice(0, count).map(Number)
}
