import { join } from 'node:path'
import type { Logger } from '#lib/logger.ts'
import { parseDuration } from '#lib/quantity.ts'
import type { InfluxServerOptions } from './influx/influx-server.ts'
import type { TelemetryConfig } from './telemetry-config.ts'
import type { TelemetryStore } from './telemetry-store.ts'

export type TelemetryStoreOptions = {
  readonly config: TelemetryConfig
  /** Holds the file of the embedded store. */
  readonly folder: string
  readonly login: InfluxServerOptions['login']
  readonly log: Logger
}

/** The store that the configuration names; the other one is not even loaded. */
export async function openTelemetryStore(options: TelemetryStoreOptions): Promise<TelemetryStore> {
  const { config, folder, login, log } = options
  if (config.influxdb === undefined) {
    const { openSqliteTelemetryStore } = await import('./sqlite/sqlite-telemetry-store.ts')
    return await openSqliteTelemetryStore({ path: join(folder, 'telemetry.db'), log })
  }
  const { url, database, timeout } = config.influxdb
  const { openInfluxTelemetryStore } = await import('./influx/influx-telemetry-store.ts')
  log.info({ url, database }, 'telemetry is kept in InfluxDB')
  const server = { url, database, timeoutMs: parseDuration(timeout) }
  return openInfluxTelemetryStore({ ...server, ...(login === undefined ? {} : { login }), log })
}
