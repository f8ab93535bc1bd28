import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import type { Faults } from './faults.ts'
import {
  exceptionPdu,
  exceptions,
  frame,
  type ModbusUnit,
  type Request,
  respond,
  takeRequests,
} from './modbus-frames.ts'

export type ServedUnit = {
  readonly unit: ModbusUnit
  readonly faults: Faults
  readonly latencyMs: number
}

export type ModbusServerOptions = {
  readonly host: string
  readonly port: number
  readonly units: ReadonlyMap<number, ServedUnit>
  /** Behind a serial gateway an unknown unit answers 0x0B or nothing at all, depending on the product. */
  readonly unknownUnit: 'silent' | 'exception'
  readonly clock: Clock
  readonly log: Logger
}

/**
 * A Modbus TCP slave with many units on one port, as a serial gateway has. Requests of one connection are answered one
 * after the other, like on the line behind it. Knows frames and faults, not profiles.
 */
export class ModbusServer implements AsyncDisposable {
  readonly #options: ModbusServerOptions
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #stop = new AbortController()
  #requests = 0

  constructor(options: ModbusServerOptions) {
    this.#options = options
    this.#server = createServer((socket) => this.#accept(socket))
  }

  static async start(options: ModbusServerOptions): Promise<ModbusServer> {
    const server = new ModbusServer(options)
    server.#server.listen(options.port, options.host)
    await once(server.#server, 'listening')
    return server
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** Requests seen since the start, whatever became of them. */
  get requests(): number {
    return this.#requests
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket)
    let rest = Buffer.alloc(0)
    let line = Promise.resolve()
    socket.setNoDelay(true)
    socket.on('error', (err) => this.#options.log.debug({ err }, 'modbus client went away'))
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('data', (bytes) => {
      const taken = takeRequests(Buffer.concat([rest, bytes]))
      if (taken === undefined) return socket.destroy()
      rest = Buffer.from(taken.rest)
      for (const request of taken.requests) line = line.then(() => this.#answer(socket, request))
      return undefined
    })
  }

  /** Never rejects: a fault of the client or of the socket ends here. */
  async #answer(socket: Socket, request: Request): Promise<void> {
    this.#requests++
    const served = this.#options.units.get(request.unit)
    if (served === undefined) {
      const pdu = exceptionPdu(request.pdu.readUInt8(0), exceptions.noAnswerBehindGateway)
      if (this.#options.unknownUnit === 'exception')
        send(socket, frame(request.transaction, request.unit, pdu))
      return
    }
    const { faults, unit, latencyMs } = served
    const now = this.#options.clock.now()
    if (faults.hit('silent', now) !== undefined) return
    if (faults.hit('disconnect', now) !== undefined) {
      socket.destroy()
      return
    }
    const lateMs = faults.hit('late', now)?.ms ?? 0
    if (latencyMs + lateMs > 0) await this.#options.clock.sleep(latencyMs + lateMs, this.#stop.signal)
    const exception = faults.hit('exception', now)
    const pdu =
      exception === undefined
        ? respond(unit, request.pdu)
        : exceptionPdu(request.pdu.readUInt8(0), exception.code)
    send(socket, disturb(frame(request.transaction, request.unit, pdu), faults, now))
  }
}

/** What becomes of a good answer on its way out. */
function disturb(answer: Buffer, faults: Faults, now: number): Buffer {
  if (faults.hit('garbage', now) !== undefined) {
    return Buffer.from(answer.map((byte, at) => (at < 6 ? byte : byte ^ 0xa5)))
  }
  if (faults.hit('half-frame', now) !== undefined) return answer.subarray(0, Math.ceil(answer.length / 2))
  if (faults.hit('wrong-transaction', now) !== undefined) {
    const wrong = Buffer.from(answer)
    wrong.writeUInt16BE((wrong.readUInt16BE(0) + 7) & 0xffff, 0)
    return wrong
  }
  return faults.hit('duplicate', now) === undefined ? answer : Buffer.concat([answer, answer])
}

function send(socket: Socket, bytes: Buffer): void {
  if (socket.writable) socket.write(bytes)
}
