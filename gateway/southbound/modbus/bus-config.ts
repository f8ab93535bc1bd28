/** Where a bus is and how it speaks, as the driver wants it: checked, durations in ms. */
export type BusConfig = TcpLine | SerialLine

type Common = {
  /** Name in the gateway's configuration; every message carries it. */
  readonly id: string
  /** How long a request is expected to be under way beyond the time its bytes take on the line. */
  readonly latencyMs?: number
  /** The serial line; behind a converter only where it is known. */
  readonly line?: LineSettings
}

export type TcpLine = Common & {
  readonly protocol?: 'modbus-tcp' | 'modbus-rtu-over-tcp'
  readonly host: string
  readonly port: number
  readonly connectTimeoutMs?: number
}

export type SerialLine = Common & {
  readonly protocol: 'modbus-rtu'
  /** Best one under /dev/serial/by-id: it stays the same when the adapters are renumbered. */
  readonly path: string
  readonly line: LineSettings
}

export type LineSettings = {
  readonly baud: number
  readonly parity: 'none' | 'even' | 'odd'
  readonly stop: 1 | 2
}

export function isSerial(config: BusConfig): config is SerialLine {
  return config.protocol === 'modbus-rtu'
}

/** Frames end with a checksum and have no length: RTU, over whatever wire. */
export function isRtu(config: BusConfig): boolean {
  return config.protocol === 'modbus-rtu' || config.protocol === 'modbus-rtu-over-tcp'
}

/** `127.0.0.1:502`, `[::1]:502`, `/dev/serial/by-id/…` */
export function addressOf(config: BusConfig): string {
  if (isSerial(config)) return config.path
  return config.host.includes(':') ? `[${config.host}]:${config.port}` : `${config.host}:${config.port}`
}

/** Bits of one byte on the line: start, eight of data, parity, stop. */
export function bitsPerByte({ parity, stop }: LineSettings): number {
  return 9 + (parity === 'none' ? 0 : 1) + stop
}

/**
 * Silence that ends a frame: 3.5 characters, and never less than 1.75 ms (Modbus over serial line 1.02 § 2.5.1.1). Where
 * the line is not known it is taken for 9600 baud.
 */
export function frameGapMs(line: LineSettings | undefined): number {
  const { baud, ...rest } = line ?? { baud: 9600, parity: 'none', stop: 1 }
  return Math.max(1.75, (3.5 * bitsPerByte({ baud, ...rest }) * 1000) / baud)
}
