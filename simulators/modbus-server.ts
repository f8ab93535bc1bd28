import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { tcpFraming } from './modbus-frames.ts'
import { ModbusLine, type ServedUnit } from './modbus-line.ts'
import { rtuFraming } from './modbus-rtu.ts'

export type ModbusServerOptions = {
  readonly host: string
  readonly port: number
  /** `rtu-over-tcp`: a serial device server that passes the bytes of the line through. Default `tcp`. */
  readonly transport?: 'tcp' | 'rtu-over-tcp'
  /** Many meters speak with one client at a time; further ones are hung up on. */
  readonly maxConnections?: number
  readonly units: ReadonlyMap<number, ServedUnit>
  /** Behind a serial gateway an unknown unit answers 0x0B or nothing at all, depending on the product. */
  readonly unknownUnit: 'silent' | 'exception'
  readonly clock: Clock
  readonly log: Logger
}

/** A Modbus slave with many units on one TCP port, as a serial gateway has. */
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
    const { maxConnections = Number.POSITIVE_INFINITY, transport, log } = this.#options
    socket.on('error', (err) => log.debug({ err }, 'modbus client went away'))
    if (this.#sockets.size >= maxConnections) {
      socket.destroy()
      return
    }
    this.#sockets.add(socket)
    socket.setNoDelay(true)
    const framing = transport === 'rtu-over-tcp' ? rtuFraming : tcpFraming
    const line = new ModbusLine(
      { ...this.#options, framing },
      {
        send: (bytes) => {
          if (socket.writable) socket.write(bytes)
        },
        hangUp: () => socket.destroy(),
        signal: this.#stop.signal,
      },
    )
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('data', (bytes) => {
      const before = line.requests
      line.feed(bytes)
      this.#requests += line.requests - before
    })
  }
}
