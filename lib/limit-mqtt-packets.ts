import { Duplex, Transform } from 'node:stream'

/**
 * The stream of one MQTT connection, ended with an error as soon as a packet announces more than `maxBytes`: the parsers
 * behind it would collect up to 256 MB before anybody is asked.
 */
export function limitMqttPackets(connection: Duplex, maxBytes: number): Duplex {
  const check = createLengthCheck(maxBytes)
  const limiter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const problem = check(chunk)
      if (problem === undefined) done(null, chunk)
      else done(new Error(problem))
    },
  })
  connection.on('error', (error) => limiter.destroy(error))
  connection.on('close', () => limiter.destroy())
  return Duplex.from({ readable: connection.pipe(limiter), writable: connection })
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
