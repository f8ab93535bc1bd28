import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino'

export type Logger = PinoLogger

export type LogOptions = { readonly level?: string; readonly name?: string }

/** Every path under which a secret may travel in a log field. Tested with a real configuration. */
const redact = ['password', 'token', 'secret', 'key', 'authorization', 'cookie'].flatMap((name) => [
  name,
  `*.${name}`,
  `*.*.${name}`,
])

/** JSON lines on stdout, or on `destination` in tests. */
export function createLogger(options: LogOptions = {}, destination?: DestinationStream): Logger {
  const settings = {
    level: options.level ?? 'info',
    redact: { paths: redact, censor: '[redacted]' },
    timestamp: pino.stdTimeFunctions.isoTime,
    ...(options.name === undefined ? {} : { name: options.name }),
  }
  return destination === undefined ? pino(settings) : pino(settings, destination)
}
