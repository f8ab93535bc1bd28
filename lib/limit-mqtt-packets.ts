import { Duplex } from 'node:stream'

export type ConnectionLimits = {
  readonly maxBytes: number
  /** What is written within this time leaves together: a write costs the system more than the two bytes of an answer. */
  readonly gatherMs?: number
}

/** More than this is not held back. */
const gatherBytes = 16_384

/**
 * The stream of one MQTT connection, ended with an error as soon as a packet announces more than `maxBytes`: the parsers
 * behind it would collect up to 256 MB before anybody is asked.
 */
export function limitMqttPackets(connection: Duplex, limits: ConnectionLimits): Duplex {
  return new LimitedConnection(connection, limits)
}

class LimitedConnection extends Duplex {
  readonly #connection: Duplex
  readonly #gatherMs: number
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #timer: NodeJS.Timeout | undefined

  constructor(connection: Duplex, { maxBytes, gatherMs = 0 }: ConnectionLimits) {
    super()
    this.#connection = connection
    this.#gatherMs = gatherMs
    const check = createLengthCheck(maxBytes)
    connection.on('data', (chunk: Buffer) => {
      const problem = check(chunk)
      if (problem !== undefined) this.destroy(new Error(problem))
      else if (!this.push(chunk)) connection.pause()
    })
    connection.on('end', () => this.push(null))
    connection.on('error', (error) => this.destroy(error))
    connection.on('close', () => this.destroy())
  }

  override _read(): void {
    this.#connection.resume()
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: () => void): void {
    this.#waiting.push(chunk)
    this.#waitingBytes += chunk.length
    const isBehind = this.#connection.writableNeedDrain
    if (isBehind || this.#gatherMs === 0 || this.#waitingBytes >= gatherBytes) {
      this.#flush()
    } else {
      this.#timer ??= setTimeout(() => this.#flush(), this.#gatherMs)
    }
    if (this.#connection.writableNeedDrain) this.#connection.once('drain', done)
    else done()
  }

  override _final(done: () => void): void {
    this.#flush()
    this.#connection.end(done)
  }

  /** The last words, such as why a login was refused, are still handed to the system. */
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#flush()
    this.#connection.destroy()
    done(error)
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#waitingBytes === 0 || this.#connection.destroyed) return
    const [first] = this.#waiting
    const one = this.#waiting.length === 1 && first !== undefined ? first : Buffer.concat(this.#waiting)
    this.#waiting = []
    this.#waitingBytes = 0
    this.#connection.write(one)
  }
}

/** Follows the fixed headers (MQTT 3.1.1 § 2.2) through any split of the bytes. Returns what is wrong with them. */
export function createLengthCheck(maxBytes: number): (chunk: Uint8Array) => string | undefined {
  /** Bytes of the present packet's body still to come; while 0, a header is being read. */
  let body = 0
  let headerBytes = 0
  let length = 0

  function readHeader(byte: number): string | undefined {
    headerBytes++
    if (headerBytes === 1) {
      length = 0
      return undefined
    }
    length += (byte & 0x7f) * 128 ** (headerBytes - 2)
    if (length > maxBytes) return `packet of more than ${maxBytes} bytes`
    if (byte >= 0x80) return headerBytes === 5 ? 'malformed packet length' : undefined
    body = length
    headerBytes = 0
    return undefined
  }

  return (chunk) => {
    let at = 0
    while (at < chunk.length) {
      const step = Math.min(body, chunk.length - at)
      body -= step
      at += step
      if (at === chunk.length) return undefined
      const problem = readHeader(chunk[at++] ?? 0)
      if (problem !== undefined) return problem
    }
    return undefined
  }
}
