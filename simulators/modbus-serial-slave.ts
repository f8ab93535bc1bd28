import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, openSync } from 'node:fs'
import { ReadStream, WriteStream } from 'node:tty'
import { promisify } from 'node:util'
import type { Clock } from '#lib/clock.ts'
import type { Logger } from '#lib/logger.ts'
import { ModbusLine, type ServedUnit } from './modbus-line.ts'
import { rtuFraming } from './modbus-rtu.ts'

export type ModbusSerialOptions = {
  /** `/dev/ttyUSB0`, or one end of a pair of pseudo-terminals. */
  readonly path: string
  readonly baud: number
  readonly parity: 'none' | 'even' | 'odd'
  readonly stopBits: 1 | 2
  readonly units: ReadonlyMap<number, ServedUnit>
  readonly clock: Clock
  readonly log: Logger
}

/** Units on a serial line. They hear every request and answer their own alone. */
export class ModbusSerialSlave implements AsyncDisposable {
  readonly #stop = new AbortController()
  readonly #input: ReadStream
  readonly #output: WriteStream
  readonly #line: ModbusLine

  constructor(options: ModbusSerialOptions, fds: { readonly read: number; readonly write: number }) {
    this.#input = new ReadStream(fds.read)
    this.#output = new WriteStream(fds.write)
    this.#line = new ModbusLine(
      { ...options, unknownUnit: 'silent', framing: rtuFraming },
      { send: (bytes) => this.#output.write(bytes), hangUp: () => undefined, signal: this.#stop.signal },
    )
    for (const stream of [this.#input, this.#output])
      stream.on('error', (err) => options.log.debug({ err, path: options.path }, 'serial line went away'))
    this.#input.on('data', (bytes) => this.#line.feed(bytes))
  }

  /** Rejects when there is no such line, or it cannot be set as wanted. */
  static async start(options: ModbusSerialOptions): Promise<ModbusSerialSlave> {
    await setLine(options)
    // A terminal must not become the one that Ctrl-C reaches this process through.
    const open = (flags: number) => openSync(options.path, flags | constants.O_NOCTTY)
    const read = open(constants.O_RDWR)
    try {
      return new ModbusSerialSlave(options, { read, write: open(constants.O_RDWR) })
    } catch (error) {
      closeSync(read)
      throw error
    }
  }

  get requests(): number {
    return this.#line.requests
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    const closed = Promise.all([once(this.#input, 'close'), once(this.#output, 'close')])
    this.#input.destroy()
    this.#output.destroy()
    await closed
  }
}

/** Bytes pass as they are: no echo, no end of line, no control characters. */
async function setLine({ path, baud, parity, stopBits }: ModbusSerialOptions): Promise<void> {
  const line = [parity === 'none' ? '-parenb' : 'parenb', parity === 'odd' ? 'parodd' : '-parodd']
  const stop = stopBits === 2 ? 'cstopb' : '-cstopb'
  await promisify(execFile)('stty', ['-F', path, 'raw', '-echo', String(baud), 'cs8', ...line, stop])
}
